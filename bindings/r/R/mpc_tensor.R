#' Arithmetic on secrets
#'
#' A secret vector, matrix or array: every party has a share of each element, and nobody has an element. It takes part in arithmetic and
#' comparisons (`+ - * / ^ < <= > >= == != & | !`), in `abs`, `exp`, `log`, `sqrt`, `tanh`, `sum`, `min`, `max`, `range`, `mean`, `median`,
#' `sort`, `t`, `c`, indexing and `dim`, with other secrets of its session and with public numbers. The two sides have one shape, or one of
#' them has one element. What R has no generic function for has one of the names below; `%*%` works from R 4.3 on, `mpc_matmul()` always.
#'
#' A secret holds truth values, whole numbers or real ones. Truth values become 0 and 1 and whole numbers real where that is needed; public
#' numbers that are whole count as whole numbers beside whole ones. Division, means and functions are of real numbers.
#'
#' @param x,y secrets, or public numbers.
#' @param condition a secret of truth values.
#' @param yes,no what to take where the condition holds, and where not.
#' @param low,high public numbers.
#' @param coefficients public numbers, from the constant on.
#' @return A secret. `mpc_which_max()` and `mpc_which_min()`: the first place, from 1. `mpc_softmax()`: of a matrix, row by row.
#'   `mpc_shuffle()`: the elements, or the rows of a matrix, in an order that nobody knows.
#' @examples
#' session <- mpc_session()
#' x <- mpc_share(session, matrix(c(0.5, 1, -2, 3), 2), owner = 1)
#' y <- mpc_share(session, c(2, -1), owner = 2)
#' mpc_open(mpc_matmul(x, y))
#' mpc_open(mpc_where(x > 0, sqrt(abs(x)), 0))
#' mpc_open(mpc_sigmoid(x[1, ]))
#' @name mpc_tensor
NULL

# What the numbers of cloakwork.h mean; in their order.
OPERATIONS <- c(
  "add", "subtract", "negate", "gather", "concatenate", "sum", "convert", "add public", "multiply public", "multiply", "square",
  "matrix product", "power", "polynomial", "not", "and", "or", "exclusive or", "choose", "less", "equal", "is negative", "rectify",
  "absolute", "maximum", "minimum", "clamp", "greatest", "smallest", "place of greatest", "place of smallest", "sort", "order statistics",
  "median", "sigmoid", "tanh", "exponential", "logarithm", "reciprocal", "divide positive", "divide", "square root", "inverse square root",
  "softmax"
)

KINDS <- c("bit", "integer", "real")

# A value of a session, which is forgotten when R collects it.
new_tensor <- function(session, value, length, dim = NULL) {
  secret <- new.env(parent = emptyenv())
  secret$handle <- session$handle
  secret$value <- value
  reg.finalizer(secret, function(ended) .Call(C_cw_mpc_forget, ended$handle, ended$value))
  kind <- KINDS[[returned(.Call(C_cw_mpc_kind, session$handle, value)) + 1L]]
  structure(list(session = session, secret = secret, length = length, dim = dim, kind = kind), class = "mpc_tensor")
}

# Asks for an operation on secrets of one session: its last output.
apply_operation <- function(name, inputs, length, dim = NULL, numbers = numeric(), constants = numeric()) {
  session <- inputs[[1L]]$session
  for (input in inputs) {
    if (!identical(input$session$handle, session$handle)) raise("INVALID_ARGUMENT", "secrets of different sessions do not meet", "y")
  }
  # Coefficients are real; other public numbers are whole if they can be.
  beside_whole <- name != "polynomial" && all(vapply(inputs, function(input) input$kind != "real", NA))
  is_whole <- !is.double(constants) || (beside_whole && all_whole(constants))
  values <- vapply(inputs, function(input) input$secret$value, 0)
  made <- returned(.Call(
    C_cw_mpc_apply, session$handle, match(name, OPERATIONS), values, as.double(numbers), as.double(constants), as.integer(is_whole)
  ), "x")
  session$asked$names <- c(session$asked$names, name)
  for (unused in made[-length(made)]) .Call(C_cw_mpc_forget, session$handle, unused)
  new_tensor(session, made[[length(made)]], length, dim)
}

each <- function(name, x, ...) apply_operation(name, list(secret_of(x)), x$length, x$dim, ...)

secret_of <- function(x, argument = "x") of_class(x, "mpc_tensor", argument)

gather <- function(x, places, dim = NULL) apply_operation("gather", list(x), length(places), dim, numbers = places - 1)

# Public numbers as a secret of a session; whole ones beside whole ones stay whole.
as_secret <- function(x, like, argument) {
  if (inherits(x, "mpc_tensor")) {
    return(x)
  }
  given <- plain_numbers(x, argument)
  is_whole <- !is.double(given) || (like$kind != "real" && all_whole(given))
  value <- returned(.Call(C_cw_mpc_known, like$session$handle, as.double(given), as.integer(is_whole)), argument)
  new_tensor(like$session, value, length(given), dim(given))
}

# The shape that operands have in common: theirs, if it is the same, or that of the longer one, if the other has one element.
common_shape <- function(operands) {
  lengths <- vapply(operands, length, 0)
  long <- if (all(lengths == 1)) Filter(function(one) !is.null(dim(one)), operands) else operands[lengths != 1]
  dims <- Filter(Negate(is.null), lapply(long, dim))
  if (length(unique(lengths[lengths != 1])) > 1L || length(unique(dims)) > 1L) {
    raise("INVALID_LENGTH", sprintf("shapes %s do not fit", paste(vapply(operands, shape_text, ""), collapse = " and ")), "y")
  }
  list(length = if (any(lengths != 1)) lengths[lengths != 1][[1L]] else 1, dim = if (length(dims) > 0L) as.integer(dims[[1L]]))
}

shape_text <- function(x) if (is.null(dim(x))) format(length(x)) else paste(dim(x), collapse = "x")

stretched <- function(x, shape) if (x$length == shape$length) x else gather(x, rep(1, shape$length))

# An operation on each two elements. `public` is the form that takes the second operand's as constants.
pairs_of <- function(name, x, y, public = NULL) {
  shape <- common_shape(list(x, y))
  if (!is.null(public) && !inherits(y, "mpc_tensor") && length(y) > 0L) {
    constants <- as.vector(plain_numbers(y, "y"))
    if (length(constants) != 1L && length(constants) != shape$length) constants <- rep(constants, shape$length)
    return(apply_operation(public, list(stretched(x, shape)), shape$length, shape$dim, constants = constants))
  }
  like <- if (inherits(x, "mpc_tensor")) x else y
  both <- list(as_secret(x, like, "x"), as_secret(y, like, "y"))
  apply_operation(name, lapply(both, stretched, shape), shape$length, shape$dim)
}

#' @export
Ops.mpc_tensor <- function(e1, e2) {
  if (missing(e2)) {
    return(switch(.Generic, "-" = each("negate", e1), "+" = e1, "!" = each("not", e1)))
  }
  public <- function(x) !inherits(x, "mpc_tensor")
  negated <- function(x) each("not", x)
  switch(.Generic,
    "+" = if (public(e1)) pairs_of("add", e2, e1, "add public") else pairs_of("add", e1, e2, "add public"),
    "-" = if (public(e2)) pairs_of("add", e1, -plain_numbers(e2, "y"), "add public") else pairs_of("subtract", e1, e2),
    "*" = multiplied(e1, e2),
    "/" = divided(e1, e2),
    "^" = power(e1, e2),
    "<" = pairs_of("less", e1, e2),
    ">" = pairs_of("less", e2, e1),
    "<=" = negated(pairs_of("less", e2, e1)),
    ">=" = negated(pairs_of("less", e1, e2)),
    "==" = pairs_of("equal", e1, e2),
    "!=" = negated(pairs_of("equal", e1, e2)),
    "&" = pairs_of("and", e1, e2),
    "|" = pairs_of("or", e1, e2),
    raise("INVALID_ARGUMENT", sprintf("there is no %s of secrets", .Generic), "x")
  )
}

multiplied <- function(x, y) {
  if (!inherits(x, "mpc_tensor")) {
    return(pairs_of("multiply", y, x, "multiply public"))
  }
  same <- inherits(y, "mpc_tensor") && identical(x$secret, y$secret) && identical(x$dim, y$dim)
  if (same) each("square", x) else pairs_of("multiply", x, y, "multiply public")
}

divided <- function(x, y) {
  if (inherits(y, "mpc_tensor")) {
    return(pairs_of("divide", x, y))
  }
  divisor <- plain_numbers(y, "y")
  if (any(divisor == 0)) raise("INVALID_ARGUMENT", "division by a public zero", "y")
  pairs_of("multiply", x, 1 / divisor, "multiply public")
}

power <- function(x, exponent) {
  if (inherits(exponent, "mpc_tensor")) raise("INVALID_ARGUMENT", "an exponent is a public whole number from 0", "y")
  each("power", x, numbers = whole_number(exponent, "y", 0, 2^31))
}

#' @export
Math.mpc_tensor <- function(x, ...) {
  name <- c(abs = "absolute", exp = "exponential", log = "logarithm", sqrt = "square root", tanh = "tanh")[.Generic]
  if (is.na(name)) raise("INVALID_ARGUMENT", sprintf("there is no %s of secrets", .Generic), "x")
  if (...length() > 0L) raise("INVALID_ARGUMENT", "the logarithm is the natural one", "base")
  each(unname(name), x)
}

#' @export
Summary.mpc_tensor <- function(..., na.rm = FALSE) {
  x <- if (...length() == 1L) ..1 else c(...)
  over_all <- function(name) apply_operation(name, list(x), 1, numbers = x$length)
  switch(.Generic,
    sum = over_all("sum"),
    max = over_all("greatest"),
    min = over_all("smallest"),
    range = c(over_all("smallest"), over_all("greatest")),
    raise("INVALID_ARGUMENT", sprintf("there is no %s of secrets", .Generic), "x")
  )
}

#' @export
mean.mpc_tensor <- function(x, ...) sum(x) / as.double(x$length)

#' @importFrom stats median
#' @export
median.mpc_tensor <- function(x, na.rm = FALSE, ...) apply_operation("median", list(x), 1, numbers = x$length)

#' @export
sort.mpc_tensor <- function(x, decreasing = FALSE, ...) {
  sorted <- apply_operation("sort", list(x), x$length, numbers = x$length)
  if (one_flag(decreasing, "decreasing")) gather(sorted, rev(seq_len(x$length))) else sorted
}

#' @export
length.mpc_tensor <- function(x) x$length

#' @export
dim.mpc_tensor <- function(x) x$dim

#' @export
`dim<-.mpc_tensor` <- function(x, value) {
  if (!is.null(value) && (!is.numeric(value) || anyNA(value) || prod(value) != x$length)) {
    raise("INVALID_LENGTH", sprintf("%s elements do not have this shape", format(x$length)), "dim")
  }
  fields <- unclass(x)
  # NULL takes a field of a list away.
  fields["dim"] <- list(if (!is.null(value)) as.integer(value))
  structure(fields, class = "mpc_tensor")
}

#' @export
t.mpc_tensor <- function(x) {
  places <- t(places_of(x))
  gather(x, as.vector(places), dim(places))
}

#' @export
`[.mpc_tensor` <- function(x, ..., drop = TRUE) {
  for (i in seq_len(...length())) {
    # An index that is left out is an error to look at.
    index <- tryCatch(...elt(i), error = function(empty) NULL)
    if (inherits(index, "mpc_tensor")) {
      raise("INVALID_ARGUMENT", "a secret place would have to be known to be looked at; use mpc_where()", "i")
    }
  }
  places <- tryCatch(places_of(x)[..., drop = drop], error = function(error) raise("INVALID_ARGUMENT", conditionMessage(error), "i"))
  if (anyNA(places)) raise("INVALID_ARGUMENT", "there is no such element", "i", bound = x$length)
  gather(x, as.vector(places), dim(places))
}

#' @export
`[[.mpc_tensor` <- function(x, i, ...) {
  if (length(i) != 1L) raise("INVALID_ARGUMENT", "expected one place", "i")
  x[i]
}

#' @export
c.mpc_tensor <- function(...) {
  parts <- list(...)
  like <- Find(function(part) inherits(part, "mpc_tensor"), parts)
  parts <- lapply(parts, as_secret, like, "...")
  apply_operation("concatenate", parts, sum(vapply(parts, length, 0)))
}

#' @export
as.double.mpc_tensor <- function(x, ...) raise("INVALID_ARGUMENT", "a secret has no value here; use mpc_open()", "x")

#' @export
as.logical.mpc_tensor <- function(x, ...) raise("INVALID_ARGUMENT", "nobody knows whether a secret holds; use mpc_where() or mpc_open()", "x")

#' @export
print.mpc_tensor <- function(x, ...) {
  what <- c(bit = "truth values", integer = "whole numbers", real = "real numbers")[[x$kind]]
  cat(sprintf("<secret %s of shape %s, shared among %d parties>\n", what, shape_text(x), x$session$parties))
  invisible(x)
}

places_of <- function(x) if (is.null(x$dim)) seq_len(x$length) else array(seq_len(x$length), x$dim)
