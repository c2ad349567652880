#' Noise mechanisms
#'
#' The distributed discrete Gaussian mechanism of a run: each client clips its vector, rotates and rounds it to integers and adds noise, so
#' that the sum is private against everyone who sees it, the server included (`docs/protocol.md`, sections 10 to 12; `docs/privacy.md`).
#' [plan_privacy()] finds its parameters.
#'
#' @param dimension values of a vector, before padding.
#' @param clip largest L2 norm of a part; what is larger is scaled down.
#' @param granularity what one unit of the integers stands for.
#' @param noise standard deviation of the noise of a part, in units of granularity: 0.5 to 2^17.
#' @param honest honest clients that every opened sum has at least; each brings the noise of all its parts.
#' @param norm_bound largest squared norm of a part after rounding, in squared units: a string of decimal digits or a whole number; `NULL`
#'   for the one that a rounding misses with a probability of at most 2^-40.
#' @param parts parts of a contribution, each clipped and noised on its own: 1 to 65536.
#' @param clamp largest magnitude of a value; what is larger is cut. `Inf` for none.
#' @param block_log2 binary logarithm of the length of a rotated block; `NULL` for one block of the whole vector.
#' @return An object of class `cw_mechanism`.
#' @examples
#' cw_mechanism(dimension = 20, clip = 1, granularity = 2^-12, noise = 900, honest = 5)
#' @export
cw_mechanism <- function(dimension, clip, granularity, noise, honest, norm_bound = NULL, parts = 1, clamp = Inf, block_log2 = NULL) {
  dimension <- whole_number(dimension, "dimension", 1, 2^28)
  mechanism <- structure(
    list(
      dimension = dimension, clamp = one_number(clamp, "clamp"), clip = one_number(clip, "clip"),
      granularity = one_number(granularity, "granularity"), noise = one_number(noise, "noise"),
      parts = whole_number(parts, "parts", 1, 65536), honest = whole_number(honest, "honest", 1, 2^32 - 1),
      block_log2 = if (is.null(block_log2)) one_block(dimension) else whole_number(block_log2, "block_log2", 0, 28), norm_bound = NULL
    ),
    class = "cw_mechanism"
  )
  mechanism$norm_bound <- if (is.null(norm_bound)) lemma_bound(mechanism) else member_id(norm_bound, "norm_bound")
  mechanism_facts(mechanism)
  mechanism
}

one_block <- function(dimension) as.double(ceiling(log2(dimension)))

# Lemma 1 of docs/privacy.md, with beta = 2^-40.
lemma_bound <- function(mechanism) {
  block <- 2^mechanism$block_log2
  padded <- ceiling(mechanism$dimension / block) * block
  units <- mechanism$clip / mechanism$granularity
  always <- (units + sqrt(padded))^2
  deviation <- sqrt(2 * 40 * log(2)) * (units + sqrt(padded) / 2)
  bound <- floor(min(always, units^2 + padded / 4 + deviation))
  if (!is.finite(bound) || bound >= 2^64) raise("INVALID_MECHANISM", "the clip has more than 2^31 units of granularity", "granularity")
  sprintf("%.0f", bound)
}

# In the order in which C takes them.
MECHANISM_NUMBERS <- c("dimension", "clamp", "clip", "granularity", "noise", "parts", "honest", "block_log2")

mechanism_arguments <- function(mechanism) {
  list(unlist(mechanism[MECHANISM_NUMBERS], use.names = FALSE), mechanism$norm_bound)
}

mechanism_from <- function(arguments) {
  fields <- stats::setNames(as.list(arguments$numbers), MECHANISM_NUMBERS)
  structure(c(fields, list(norm_bound = arguments$norm_bound)), class = "cw_mechanism")
}

# Padded length, block, blocks and widest residue; refuses parameters outside their ranges.
mechanism_facts <- function(mechanism) {
  arguments <- mechanism_arguments(of_class(mechanism, "cw_mechanism", "mechanism"))
  returned(.Call(C_cw_mechanism_check, arguments[[1L]], arguments[[2L]]))
}

mechanism_text <- function(mechanism) {
  sprintf(
    "discrete Gaussian of standard deviation %s a part, clip %s, %s parts, %s honest clients", number_text(mechanism$noise * mechanism$granularity),
    number_text(mechanism$clip), number_text(mechanism$parts), number_text(mechanism$honest)
  )
}

#' @export
print.cw_mechanism <- function(x, ...) {
  cat("<cw_mechanism> ", mechanism_text(x), "\n", sep = "")
  cat(sprintf("  %s values in units of %s\n", number_text(x$dimension), number_text(x$granularity)))
  invisible(x)
}
