#' Simulate a private sum
#'
#' What the sum of a run with this plan would be: each vector is clipped, rotated, rounded and noised as its client would do it, the
#' residues are added, and the sum is decoded. Nothing is masked or sent, so that many sums can be drawn to study an analysis before it is
#' run. The noise is real, and `set.seed()` does not reach it.
#'
#' @param plan of [plan_privacy()], for contributions of one part.
#' @param values a matrix or data frame with a row for each client, or a list of numeric vectors.
#' @return The sum: a double vector.
#' @examples
#' plan <- plan_privacy(clients = 20, dimension = 3, clip = 1, epsilon = 4, delta = 1e-6)
#' people <- matrix(0.5, 20, 3)
#' simulate_private_sum(plan, people)
#' colSums(people)
#' @export
simulate_private_sum <- function(plan, values) {
  of_class(plan, "cw_plan", "plan")
  mechanism <- plan$mechanism
  if (mechanism$parts != 1) raise("INVALID_MECHANISM", "is for contributions of several parts", "plan", bound = 1)
  if (is.data.frame(values)) {
    for (name in names(values)) numeric_column(values[[name]], paste0("values$", name))
    values <- as.matrix(values)
  }
  vectors <- if (is.matrix(values)) lapply(seq_len(nrow(values)), function(i) values[i, ]) else values
  if (!is.list(vectors) || length(vectors) == 0L) raise("INVALID_ARGUMENT", "expected a matrix, a data frame or a list of vectors", "values")
  if (length(vectors) > plan$clients) {
    raise("INVALID_LENGTH", sprintf("has %d vectors, and the plan is for %.0f clients", length(vectors), plan$clients), "values", bound = plan$clients)
  }
  arguments <- mechanism_arguments(mechanism)
  rotation <- random_bytes(32)
  total <- 0
  for (i in seq_along(vectors)) {
    part <- one_part(vectors[[i]], mechanism$dimension, sprintf("values[[%d]]", i))
    residues <- returned(.Call(
      C_cw_contribution_residues, arguments[[1L]], arguments[[2L]], as.integer(plan$bits), SIMULATED_SUITE, rotation, list(part), NULL
    ))
    total <- add_words(total, residues, plan$bits)
  }
  returned(.Call(
    C_cw_mechanism_decode, arguments[[1L]], arguments[[2L]], as.integer(plan$bits), SIMULATED_SUITE, rotation, word_bytes(total, plan$bits)
  ))
}

SIMULATED_SUITE <- 2L

one_part <- function(x, dimension, argument) {
  vector <- plain_vector(x, argument)
  if (is.raw(vector)) raise("INVALID_ARGUMENT", "is raw, expected numbers", argument)
  if (length(vector) != dimension) {
    raise("INVALID_LENGTH", sprintf("has %d values, expected %.0f", length(vector), dimension), argument, bound = dimension)
  }
  if (!all(is.finite(vector))) raise("NOT_FINITE", "holds NA, NaN or an infinite value", argument)
  as.double(vector)
}

# Residues as words of 16 bits, a row for each: sums of fewer than 2^37 of them are exact in doubles.
add_words <- function(total, residues, bits) {
  words <- readBin(residues, "integer", length(residues) / 2, size = 2L, signed = FALSE, endian = "little")
  total + matrix(words, nrow = lane_bytes(bits) / 2)
}

# The words of sums mod 2^bits, as bytes of lanes.
word_bytes <- function(total, bits) {
  carry <- 0
  for (i in seq_len(nrow(total))) {
    word <- total[i, ] + carry
    carry <- word %/% 65536
    left <- min(16, max(0, bits - 16 * (i - 1)))
    total[i, ] <- word %% 65536 %% 2^left
  }
  words <- as.integer(total)
  as.raw(rbind(words %% 256L, words %/% 256L))
}
