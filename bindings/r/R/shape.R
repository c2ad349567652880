#' Shapes of contributions
#'
#' Everybody in a run contributes values of one shape, which the run fixes: a number, a numeric vector, a matrix or array, a data frame of
#' numeric columns, or a named list of these, nested as needed. `cw_shape()` takes it from an example; `flatten()` makes the vector that is
#' summed, and `restore()` gives a sum its form and names back. [config_for()] keeps the shape in the settings of a run, so that every party
#' checks its own values against it.
#'
#' A sum over sites has no place for a missing value or a category. Both are refused by name, unless an argument says what to do.
#'
#' @param example a value of the shape; its numbers do not matter.
#' @param shape a shape.
#' @param x a value of the shape.
#' @param values a numeric vector.
#' @param na `"refuse"` refuses `NA`; `"zero"` lets missing values count as 0. `NaN` and infinite values are always refused.
#' @param factors `"refuse"` refuses factors; `"count"` contributes the number of cases of each level, so that the sum is the joint
#'   frequency table. All parties need the same levels, in the same order. A column of a data frame cannot be counted.
#' @return `cw_shape()`: an object of class `cw_shape`. `flatten()`: a double vector. `restore()`: a value like the example, of doubles.
#' @examples
#' shape <- cw_shape(list(n = 0, age = c(sum = 0, squares = 0), sex = factor(c("f", "m"))), factors = "count")
#' shape
#' site <- list(n = 3, age = c(sum = 150, squares = 7600), sex = factor(c("f", "m", "f"), c("f", "m")))
#' vector <- flatten(shape, site)
#' restore(shape, vector)
#' @export
cw_shape <- function(example, na = c("refuse", "zero"), factors = c("refuse", "count")) {
  na <- one_of(na, c("refuse", "zero"), "na")
  factors <- one_of(factors, c("refuse", "count"), "factors")
  form <- form_of(example, "example", factors)
  if (form$size < 1) raise("INVALID_LENGTH", "has no values", "example", bound = 1)
  structure(list(form = form, na = na, factors = factors), class = "cw_shape")
}

#' @rdname cw_shape
#' @export
flatten <- function(shape, x) {
  of_class(shape, "cw_shape", "shape")
  # A vector of doubles goes as it is, without a copy.
  if (shape$form$kind == "vector" && is.double(x) && is.null(attributes(x)) && length(x) == shape$form$size && shape$na == "refuse") {
    return(x)
  }
  out <- flat(shape$form, x, "x", shape$na)
  attributes(out) <- NULL
  out
}

#' @rdname cw_shape
#' @export
restore <- function(shape, values) {
  of_class(shape, "cw_shape", "shape")
  if (!is.numeric(values) || length(values) != shape$form$size) {
    raise("INVALID_LENGTH", sprintf("has %s values, expected %s", number_text(length(values)), number_text(shape$form$size)), "values",
      bound = shape$form$size)
  }
  restored(shape$form, as.double(values))
}

form_of <- function(x, path, factors) {
  if (is.factor(x)) {
    if (factors == "refuse") raise("INVALID_ARGUMENT", "is a factor, which has no sum; factors = \"count\" adds up its levels", path)
    return(list(kind = "counts", size = nlevels(x), levels = levels(x)))
  }
  if (is.data.frame(x)) {
    for (name in names(x)) numeric_column(x[[name]], paste0(path, "$", name))
    rows <- attr(x, "row.names")
    return(compact(list(kind = "data.frame", size = prod(dim(x)), names = names(x), row_names = if (is.character(rows)) rows, rows = nrow(x))))
  }
  if (is.list(x)) {
    labels <- names(x)
    if (is.null(labels) || anyNA(labels) || any(labels == "") || anyDuplicated(labels)) {
      raise("INVALID_ARGUMENT", "the elements of a list need names, each of its own", path)
    }
    forms <- lapply(labels, function(label) form_of(x[[label]], paste0(path, "$", label), factors))
    return(list(kind = "list", size = sum(vapply(forms, `[[`, 0, "size")), names = labels, elements = forms))
  }
  numeric_values(x, path)
  if (!is.null(dim(x))) {
    return(compact(list(kind = "array", size = length(x), dim = dim(x), dimnames = unname(dimnames(x)))))
  }
  compact(list(kind = "vector", size = length(x), names = names(x)))
}

# A list without its NULLs.
compact <- function(x) x[!vapply(x, is.null, NA)]

numeric_values <- function(x, path) {
  if (!(is.numeric(x) || is.logical(x)) || inherits(x, c("Date", "POSIXt", "difftime", "integer64"))) {
    raise("INVALID_ARGUMENT", sprintf("is of class %s, expected numbers", class(x)[[1L]]), path)
  }
}

numeric_column <- function(x, path) {
  if (is.factor(x)) raise("INVALID_ARGUMENT", "is a factor within a data frame; give it as an element of a list to count its levels", path)
  numeric_values(x, path)
}

# The values of x as doubles, checked against a form.
flat <- function(form, x, path, na) {
  switch(form$kind,
    list = {
      if (!is.list(x) || is.data.frame(x)) raise("INVALID_ARGUMENT", sprintf("is of class %s, expected a list", class(x)[[1L]]), path)
      same_names(names(x), form$names, path)
      unlist(Map(function(element, label) flat(element, x[[label]], paste0(path, "$", label), na), form$elements, form$names), use.names = FALSE)
    },
    data.frame = {
      if (!is.data.frame(x)) raise("INVALID_ARGUMENT", sprintf("is of class %s, expected a data frame", class(x)[[1L]]), path)
      same_names(names(x), form$names, path)
      if (nrow(x) != form$rows) raise("INVALID_LENGTH", sprintf("has %d rows, expected %d", nrow(x), form$rows), path, bound = form$rows)
      unlist(lapply(form$names, function(name) {
        numeric_column(x[[name]], paste0(path, "$", name))
        doubles(x[[name]], paste0(path, "$", name), na)
      }), use.names = FALSE)
    },
    counts = {
      if (!is.factor(x)) raise("INVALID_ARGUMENT", sprintf("is of class %s, expected a factor", class(x)[[1L]]), path)
      if (!identical(levels(x), form$levels)) {
        raise("INVALID_ARGUMENT", paste("has other levels than", paste(form$levels, collapse = ", ")), path)
      }
      if (anyNA(x) && na == "refuse") raise("NOT_FINITE", "holds NA; na = \"zero\" leaves it out", path)
      as.double(tabulate(x, form$size))
    },
    array = {
      numeric_values(x, path)
      if (!identical(as.integer(dim(x)), as.integer(form$dim))) {
        raise("INVALID_LENGTH", sprintf("has the dimensions %s, expected %s", dims_text(dim(x)), dims_text(form$dim)), path, bound = form$size)
      }
      if (!is.null(dimnames(x)) && !is.null(form$dimnames) && !identical(unname(dimnames(x)), form$dimnames)) {
        raise("INVALID_ARGUMENT", "has other dimnames than the run", path)
      }
      doubles(x, path, na)
    },
    vector = {
      if (is.factor(x)) raise("INVALID_ARGUMENT", "is a factor, expected numbers", path)
      numeric_values(x, path)
      if (length(x) != form$size) {
        raise("INVALID_LENGTH", sprintf("has %s values, expected %s", number_text(length(x)), number_text(form$size)), path, bound = form$size)
      }
      if (!is.null(names(x)) && !is.null(form$names)) same_names(names(x), form$names, path)
      doubles(x, path, na)
    }
  )
}

doubles <- function(x, path, na) {
  missing <- is.na(x) & !is.nan(x)
  if (any(missing)) {
    if (na == "refuse") raise("NOT_FINITE", "holds NA; na = \"zero\" lets missing values count as 0", path)
    x[missing] <- 0
  }
  x <- as.double(x)
  if (!all(is.finite(x))) raise("NOT_FINITE", "holds NaN or an infinite value", path)
  x
}

same_names <- function(given, expected, path) {
  if (!identical(as.character(given), as.character(expected))) {
    raise("INVALID_ARGUMENT", sprintf("has the names %s, expected %s", names_text(given), names_text(expected)), path)
  }
}

names_text <- function(x) if (length(x) == 0L) "none" else paste(utils::head(x, 10L), collapse = ", ")

dims_text <- function(x) if (is.null(x)) "of a vector" else paste(x, collapse = " x ")

restored <- function(form, values) {
  switch(form$kind,
    list = {
      ends <- cumsum(vapply(form$elements, `[[`, 0, "size"))
      starts <- ends - vapply(form$elements, `[[`, 0, "size")
      parts <- Map(function(element, start, end) restored(element, values[seq_len(end - start) + start]), form$elements, starts, ends)
      stats::setNames(parts, form$names)
    },
    data.frame = {
      columns <- lapply(seq_along(form$names), function(i) values[(i - 1) * form$rows + seq_len(form$rows)])
      names(columns) <- form$names
      structure(columns, class = "data.frame", row.names = if (is.null(form$row_names)) seq_len(form$rows) else form$row_names)
    },
    counts = stats::setNames(values, form$levels),
    array = array(values, form$dim, form$dimnames),
    vector = stats::setNames(values, form$names)
  )
}

# The shape in the settings of a run, as JSON, and back.
SHAPE_FORMAT <- "cloakwork-r-shape/1"

shape_settings <- function(shape) {
  json <- jsonlite::toJSON(c(list(format = SHAPE_FORMAT), unclass(shape)), auto_unbox = TRUE, null = "null", digits = NA)
  charToRaw(enc2utf8(as.character(json)))
}

settings_shape <- function(settings) {
  if (is.null(settings) || length(settings) == 0L) {
    return(NULL)
  }
  parsed <- tryCatch(jsonlite::fromJSON(utf8_text(settings), simplifyVector = FALSE), error = function(e) NULL)
  if (!is.list(parsed) || !identical(parsed$format, SHAPE_FORMAT)) {
    return(NULL)
  }
  structure(list(form = read_form(parsed$form), na = parsed$na, factors = parsed$factors), class = "cw_shape")
}

utf8_text <- function(bytes) {
  if (any(bytes == 0)) {
    return("")
  }
  text <- rawToChar(bytes)
  Encoding(text) <- "UTF-8"
  text
}

read_form <- function(form) {
  strings <- function(x) if (is.null(x)) NULL else vapply(if (is.list(x)) x else list(x), as.character, "")
  out <- list(kind = form$kind, size = as.double(form$size))
  if (!is.null(form$names)) out$names <- strings(form$names)
  if (!is.null(form$levels)) out$levels <- strings(form$levels)
  if (!is.null(form$row_names)) out$row_names <- strings(form$row_names)
  if (!is.null(form$rows)) out$rows <- as.integer(form$rows)
  if (!is.null(form$dim)) out$dim <- vapply(if (is.list(form$dim)) form$dim else list(form$dim), as.integer, 0L)
  if (length(form$dimnames) > 0L) out$dimnames <- lapply(form$dimnames, strings)
  if (form$kind == "list") out$elements <- lapply(form$elements, read_form)
  out
}

#' @export
print.cw_shape <- function(x, ...) {
  cat("<cw_shape> ", number_text(x$form$size), " values: ", describe(x$form), "\n", sep = "")
  invisible(x)
}

describe <- function(form) {
  switch(form$kind,
    list = paste0("list(", paste(form$names, vapply(form$elements, describe, ""), sep = " = ", collapse = ", "), ")"),
    data.frame = sprintf("data frame of %d rows and the columns %s", form$rows, names_text(form$names)),
    counts = paste("counts of", names_text(form$levels)),
    array = paste(dims_text(form$dim), "array"),
    vector = if (form$size == 1) "a number" else sprintf("vector of %s", number_text(form$size))
  )
}
