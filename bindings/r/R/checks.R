# Checks of arguments: each refuses by the name of the argument.

LARGEST_WHOLE <- 2^53

one_text <- function(x, argument) {
  if (!is.character(x) || length(x) != 1L || is.na(x)) raise("INVALID_ARGUMENT", "expected one string", argument)
  x
}

one_flag <- function(x, argument) {
  if (!is.logical(x) || length(x) != 1L || is.na(x)) raise("INVALID_ARGUMENT", "expected TRUE or FALSE", argument)
  x
}

one_number <- function(x, argument) {
  if (is.factor(x)) raise("INVALID_ARGUMENT", "is a factor, expected a number", argument)
  if (!is.numeric(x) || length(x) != 1L) raise("INVALID_ARGUMENT", "expected one number", argument)
  if (is.na(x)) raise("NOT_FINITE", "is NA, expected a number", argument)
  as.double(x)
}

# A whole number as a double.
whole_number <- function(x, argument, least = 0, most = LARGEST_WHOLE) {
  x <- one_number(x, argument)
  if (x != floor(x) || x < least || x > most) {
    bound <- if (x < least) least else most
    text <- sprintf("must be a whole number from %s to %s", number_text(least), format(most, scientific = FALSE, digits = 20, trim = TRUE))
    raise("INVALID_ARGUMENT", text, argument, bound = bound)
  }
  x
}

raw_bytes <- function(x, argument, size = NULL) {
  if (!is.raw(x)) raise("INVALID_ARGUMENT", sprintf("expected a raw vector, got %s", class(x)[[1L]]), argument)
  if (!is.null(size) && length(x) != size) {
    raise("INVALID_LENGTH", sprintf("has %d bytes, expected %d", length(x), size), argument, bound = size)
  }
  x
}

# Ids of members: 64-bit numbers as strings of decimal digits. Whole numbers up to 2^53 are taken as well.
member_ids <- function(x, argument) {
  if (is.numeric(x) && !is.factor(x)) {
    if (anyNA(x) || any(x != floor(x) | x < 0 | x > LARGEST_WHOLE)) {
      raise("INVALID_ARGUMENT", "a numeric id is a whole number from 0 to 2^53; give larger ones as strings", argument)
    }
    x <- format(x, scientific = FALSE, trim = TRUE, digits = 17)
  }
  if (!is.character(x) || anyNA(x) || !all(grepl("^(0|[1-9][0-9]{0,19})$", x))) {
    raise("INVALID_ARGUMENT", "an id is a string of decimal digits, below 2^64", argument)
  }
  x
}

member_id <- function(x, argument) {
  if (length(x) != 1L) raise("INVALID_ARGUMENT", "expected one id", argument)
  member_ids(x, argument)
}

of_class <- function(x, class, argument) {
  if (!inherits(x, class)) {
    raise("INVALID_ARGUMENT", sprintf("expected an object of class %s, got %s", class, class(x)[[1L]]), argument)
  }
  x
}

one_of <- function(x, choices, argument) {
  if (!is.character(x) || length(x) < 1L || is.na(x[[1L]]) || !(x[[1L]] %in% choices)) {
    raise("INVALID_ARGUMENT", paste("expected one of", paste0("\"", choices, "\"", collapse = ", ")), argument)
  }
  x[[1L]]
}

hex <- function(bytes) paste(as.character(bytes), collapse = "")

from_hex <- function(text, argument = "text") {
  if (!is.character(text) || length(text) != 1L || is.na(text) || !grepl("^([0-9a-f]{2})*$", text)) {
    raise("MALFORMED", "expected lower-case hex digits", argument)
  }
  if (nchar(text) == 0L) {
    return(raw())
  }
  starts <- seq.int(1L, nchar(text), 2L)
  as.raw(strtoi(substring(text, starts, starts + 1L), 16L))
}

sha256 <- function(bytes) returned(.Call(C_cw_sha256, bytes))

random_bytes <- function(count) returned(.Call(C_cw_random_bytes, as.double(count)))
