#' Plan the privacy of a run
#'
#' `plan_privacy()` finds the grid with the least expected error and the least noise on it that keeps a wanted epsilon over all rounds;
#' `expected_privacy()` tells what given parameters promise. `docs/privacy.md` has the theorem, and what it rests on.
#'
#' The **unit of privacy** says whose data may change without the sums telling: one `"client"` with all that it holds, one `"part"` of a
#' contribution, or one `"record"`, whose influence on its part, before the clip of the part, the caller has clipped to `record_clip`.
#'
#' @param clients all who may contribute to a round.
#' @param dimension values of a vector.
#' @param clip largest L2 norm of a part, in the units of the data; a larger one is scaled down.
#' @param epsilon,delta after all rounds; delta is below one by the number of records.
#' @param unit unit of privacy.
#' @param record_clip for records: the largest L2 norm of what one adds.
#' @param neighbours how neighbouring data sets differ: the contribution of the unit is any other one (twice the sensitivity), or it is
#'   there or zero.
#' @param rounds how many rounds the run has.
#' @param honest honest clients whose noise every opened sum holds; `NULL` for half of the clients, which is what a run with the defaults of
#'   [run_config()] guarantees.
#' @param bits width of a residue; `NULL` for the smallest with which the error is within 0.5 % of the best.
#' @param parts parts of a contribution, each clipped and noised on its own.
#' @param clamp largest magnitude of a value; `Inf` for none.
#' @param block_log2 binary logarithm of a rotated block; `NULL` for one block.
#' @param wraps bound on the expected number of coordinates that wrap around in a round.
#' @param mechanism of [cw_mechanism()].
#' @param plan a plan.
#' @return `plan_privacy()` and `expected_privacy()`: an object of class `cw_plan`, a list with the `mechanism`, `bits`, `epsilon`, `order`
#'   of the divergence that showed it, `error` and more. `expected_error()`: root mean square errors of a value of one round's sum, in the
#'   units of the data, from `quantisation`, `noise` and `wrap`, which add up in squares to `total`, and `central`: that of continuous
#'   Gaussian noise which one trusted party would add, for the same promise. What clipping takes away depends on the data and is not among
#'   them.
#' @examples
#' plan <- plan_privacy(clients = 40, dimension = 12, clip = 1, epsilon = 2, delta = 1e-6, unit = "client")
#' plan
#' expected_error(plan)
#' @export
plan_privacy <- function(clients, dimension, clip, epsilon, delta, unit = c("client", "part", "record"), record_clip = NULL,
                         neighbours = c("replace-one", "zero-out"), rounds = 1, honest = NULL, bits = NULL, parts = 1, clamp = Inf,
                         block_log2 = NULL, wraps = 1e-3) {
  dimension <- whole_number(dimension, "dimension", 1, 2^28)
  clients <- whole_number(clients, "clients", 1, 2^24)
  about <- privacy_unit(unit, record_clip, neighbours)
  honest <- if (is.null(honest)) max(1, clients %/% 2) else whole_number(honest, "honest", 1, clients)
  block_log2 <- if (is.null(block_log2)) one_block(dimension) else whole_number(block_log2, "block_log2", 0, 28)
  wanted <- c(
    dimension, one_number(epsilon, "epsilon"), one_number(delta, "delta"), one_number(clip, "clip"), one_number(clamp, "clamp"),
    one_number(wraps, "wraps"), clients, honest, whole_number(parts, "parts", 1, 65536), whole_number(rounds, "rounds", 1, 2^32 - 1),
    block_log2
  )
  at <- function(bits) .Call(C_cw_plan_choose, c(wanted, bits), about$numbers)
  bits <- if (is.null(bits)) fewest_bits(at, block_log2) else whole_number(bits, "bits", 1, 62)
  made_plan(returned(at(bits)), bits, clients, rounds, delta, about)
}

# The fewest bits with which the expected error is within 0.5 % of that of the widest residues.
fewest_bits <- function(at, block_log2) {
  high <- min(62, 63 - block_log2)
  limit <- 1.005 * total_error(returned(at(high)))
  low <- 1
  while (low < high) {
    middle <- (low + high) %/% 2
    found <- at(middle)
    enough <- !inherits(found, "cloakwork_failure") && total_error(found) <= limit
    if (enough) high <- middle else low <- middle + 1
  }
  low
}

total_error <- function(found) sqrt(sum(found$numbers[7:9]^2))

#' @rdname plan_privacy
#' @export
expected_privacy <- function(mechanism, clients, bits, delta, unit = c("client", "part", "record"), record_clip = NULL,
                             neighbours = c("replace-one", "zero-out"), rounds = 1) {
  about <- privacy_unit(unit, record_clip, neighbours)
  arguments <- mechanism_arguments(of_class(mechanism, "cw_mechanism", "mechanism"))
  clients <- whole_number(clients, "clients", 1, 2^24)
  bits <- whole_number(bits, "bits", 1, 62)
  numbers <- c(clients, bits, one_number(delta, "delta"), whole_number(rounds, "rounds", 1, 2^32 - 1))
  found <- returned(.Call(C_cw_privacy_expect, arguments[[1L]], arguments[[2L]], about$numbers, numbers))
  made_plan(found, bits, clients, rounds, delta, about)
}

#' @rdname plan_privacy
#' @export
expected_error <- function(plan) {
  of_class(plan, "cw_plan", "plan")
  c(plan$error, total = sqrt(sum(plan$error^2)), central = central_error(plan))
}

# The error of one trusted party that adds continuous Gaussian noise, for the same promise by the same accountant.
central_error <- function(plan) {
  mechanism <- plan$mechanism
  moved <- switch(plan$unit,
    record = plan$record_clip,
    part = mechanism$clip,
    client = mechanism$clip * mechanism$parts
  )
  if (plan$neighbours == "replace-one") moved <- 2 * moved
  moved * accounted_multiplier(plan$epsilon, plan$delta, plan$rounds)
}

# The least noise multiplier with which Gaussian rounds keep an epsilon by the accountant.
accounted_multiplier <- function(epsilon, delta, rounds) {
  loss <- function(multiplier) {
    accountant <- accountant()
    on.exit(close(accountant))
    accountant_add_gaussian(accountant, multiplier, rounds)
    accountant_epsilon(accountant, delta)
  }
  low <- high <- 1
  while (loss(high) > epsilon) high <- 2 * high
  while (loss(low) < epsilon) low <- low / 2
  found <- stats::uniroot(function(x) loss(exp(x)) - epsilon, log(c(low / 2, high * 2)), tol = 1e-7)
  exp(found$root)
}

privacy_unit <- function(unit, record_clip, neighbours) {
  unit <- one_of(unit, c("client", "part", "record"), "unit")
  neighbours <- one_of(neighbours, c("replace-one", "zero-out"), "neighbours")
  if (unit == "record" && is.null(record_clip)) raise("INVALID_MECHANISM", "is needed where the unit is a record", "record_clip")
  if (unit != "record" && !is.null(record_clip)) raise("INVALID_MECHANISM", "is for records; this unit has none", "record_clip")
  clip <- if (is.null(record_clip)) 0 else one_number(record_clip, "record_clip")
  numbers <- c(match(unit, c("record", "part", "client")), match(neighbours, c("zero-out", "replace-one")), clip)
  list(unit = unit, neighbours = neighbours, record_clip = record_clip, numbers = numbers)
}

made_plan <- function(found, bits, clients, rounds, delta, about) {
  numbers <- found$numbers
  structure(
    list(
      mechanism = mechanism_from(found$mechanism), bits = bits, clients = clients, rounds = rounds, delta = delta, unit = about$unit,
      record_clip = about$record_clip, neighbours = about$neighbours, sigma = numbers[[1L]], epsilon = numbers[[2L]], order = numbers[[3L]],
      wrap = c(margin = numbers[[4L]], coordinate = numbers[[5L]], vector = numbers[[6L]]),
      error = c(quantisation = numbers[[7L]], noise = numbers[[8L]], wrap = numbers[[9L]])
    ),
    class = "cw_plan"
  )
}

#' @export
print.cw_plan <- function(x, ...) {
  unit <- if (x$unit == "record") sprintf("record (L2 norm at most %s)", number_text(x$record_clip)) else x$unit
  cat(sprintf("<cw_plan> epsilon %s, delta %s after %s rounds\n", number_text(x$epsilon), number_text(x$delta), number_text(x$rounds)))
  cat(sprintf("  unit: one %s, %s\n", unit, if (x$neighbours == "replace-one") "replaced by any other" else "there or not"))
  cat(sprintf("  %s clients, %s of them honest; residues of %s bits\n", number_text(x$clients), number_text(x$mechanism$honest), number_text(x$bits)))
  cat("  ", mechanism_text(x$mechanism), "\n", sep = "")
  cat(sprintf("  error of a value of the sum: %s\n", number_text(expected_error(x)[["total"]])))
  invisible(x)
}
