#' @rdname mpc_tensor
#' @export
mpc_where <- function(condition, yes, no) {
  secret_of(condition, "condition")
  operands <- list(condition, yes, no)
  shape <- common_shape(operands)
  # Whole numbers stay whole beside whole ones.
  like <- Find(function(one) inherits(one, "mpc_tensor") && one$kind == "real", list(yes, no))
  if (is.null(like)) like <- condition
  secrets <- Map(as_secret, operands, list(like), c("condition", "yes", "no"))
  apply_operation("choose", lapply(unname(secrets), stretched, shape), shape$length, shape$dim)
}

#' @rdname mpc_tensor
#' @export
mpc_matmul <- function(x, y) {
  like <- if (inherits(x, "mpc_tensor")) x else secret_of(y, "y")
  x <- as_secret(x, like, "x")
  y <- as_secret(y, like, "y")
  # A vector is a row or a column, whichever fits; two of them have an inner product.
  if (is.null(x$dim)) dim(x) <- if (!is.null(y$dim) && nrow(y) != x$length) c(x$length, 1L) else c(1L, x$length)
  if (is.null(y$dim)) dim(y) <- if (ncol(x) == y$length) c(y$length, 1L) else c(1L, y$length)
  if (length(x$dim) != 2L || length(y$dim) != 2L || ncol(x) != nrow(y)) {
    raise("INVALID_LENGTH", sprintf("shapes %s and %s have no matrix product", shape_text(x), shape_text(y)), "y")
  }
  # The library reads row by row what R writes column by column: the transposed matrices, whose product is that of y and x.
  sizes <- c(ncol(y), ncol(x), nrow(x))
  apply_operation("matrix product", list(y, x), nrow(x) * ncol(y), c(nrow(x), ncol(y)), numbers = sizes)
}

# The group generic of R 4.3 and above, registered when the package is loaded.
matrixOps.mpc_tensor <- function(x, y) mpc_matmul(x, y)

.onLoad <- function(libname, pkgname) {
  if (getRversion() >= "4.3.0") registerS3method("matrixOps", "mpc_tensor", matrixOps.mpc_tensor, envir = baseenv())
}

#' @rdname mpc_tensor
#' @export
mpc_pmax <- function(x, y) pairs_of("maximum", x, y)

#' @rdname mpc_tensor
#' @export
mpc_pmin <- function(x, y) pairs_of("minimum", x, y)

#' @rdname mpc_tensor
#' @export
mpc_clamp <- function(x, low, high) {
  secret_of(x)
  each("clamp", x, constants = c(one_number(low, "low"), one_number(high, "high")))
}

#' @rdname mpc_tensor
#' @export
mpc_polynomial <- function(x, coefficients) {
  secret_of(x)
  each("polynomial", x, constants = as.double(plain_numbers(coefficients, "coefficients")))
}

#' @rdname mpc_tensor
#' @export
mpc_sigmoid <- function(x) each("sigmoid", secret_of(x))

#' @rdname mpc_tensor
#' @export
mpc_relu <- function(x) each("rectify", secret_of(x))

#' @rdname mpc_tensor
#' @export
mpc_reciprocal <- function(x) each("reciprocal", secret_of(x))

#' @rdname mpc_tensor
#' @export
mpc_rsqrt <- function(x) each("inverse square root", secret_of(x))

#' @rdname mpc_tensor
#' @export
mpc_softmax <- function(x) {
  secret_of(x)
  if (length(x$dim) != 2L) {
    return(each("softmax", x, numbers = x$length))
  }
  rows <- t(x)
  made <- apply_operation("softmax", list(rows), rows$length, rows$dim, numbers = ncol(x))
  t(made)
}

#' @rdname mpc_tensor
#' @export
mpc_which_max <- function(x) first_place("place of greatest", x)

#' @rdname mpc_tensor
#' @export
mpc_which_min <- function(x) first_place("place of smallest", x)

first_place <- function(name, x) apply_operation(name, list(secret_of(x)), 1, numbers = x$length) + 1L

#' @rdname mpc_tensor
#' @export
mpc_shuffle <- function(x) {
  secret_of(x)
  is_matrix <- length(x$dim) == 2L
  rows <- if (is_matrix) t(x) else x
  value <- returned(.Call(C_cw_mpc_shuffle, x$session$handle, rows$secret$value, if (is_matrix) as.double(ncol(x)) else 1))
  x$session$asked$names <- c(x$session$asked$names, "shuffle")
  made <- new_tensor(x$session, value, rows$length, rows$dim)
  if (is_matrix) t(made) else made
}
