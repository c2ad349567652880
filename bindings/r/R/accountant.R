#' Account for privacy
#'
#' An accountant adds up what rounds cost: Renyi divergences at many orders. Rounds may differ in everything, and each may depend on the
#' results of those before it. Its statements are about one unit of privacy; never mix units in one accountant.
#'
#' @param accountant an accountant.
#' @param mechanism of [cw_mechanism()] or of a plan.
#' @param rounds number of rounds.
#' @param multiplier standard deviation of Gaussian noise over L2 sensitivity.
#' @param rho parameter of zero-concentrated differential privacy.
#' @param l2,l1 sensitivities, in units of the integers.
#' @param variance variance of all the Skellam noise together.
#' @param noise standard deviation of one share of discrete Gaussian noise.
#' @param shares independent shares in a sum.
#' @param padded coordinates, padding included.
#' @param delta,epsilon where the loss is read.
#' @inheritParams plan_privacy
#' @return `accountant()`: an object of class `cw_accountant`; the others that add return it, invisibly. `accountant_epsilon()`: the least
#'   epsilon for a delta, infinite if there is none. `accountant_delta()`: the least delta for an epsilon.
#' @examples
#' plan <- plan_privacy(clients = 40, dimension = 12, clip = 1, epsilon = 2, delta = 1e-6, rounds = 10)
#' spent <- accountant()
#' accountant_add(spent, plan$mechanism, rounds = 3)
#' accountant_epsilon(spent, delta = 1e-6)
#' @export
accountant <- function() object("cw_accountant", returned(.Call(C_cw_accountant_new)))

#' @rdname accountant
#' @export
accountant_add <- function(accountant, mechanism, rounds = 1, unit = c("client", "part", "record"), record_clip = NULL,
                           neighbours = c("replace-one", "zero-out")) {
  of_class(accountant, "cw_accountant", "accountant")
  about <- privacy_unit(unit, record_clip, neighbours)
  arguments <- mechanism_arguments(of_class(mechanism, "cw_mechanism", "mechanism"))
  rounds <- whole_number(rounds, "rounds", 0, 2^32 - 1)
  returned(.Call(C_cw_accountant_add, accountant$handle, arguments[[1L]], arguments[[2L]], about$numbers, rounds))
  invisible(accountant)
}

#' @rdname accountant
#' @export
accountant_add_gaussian <- function(accountant, multiplier, rounds = 1) {
  add_other(accountant, 1L, one_number(multiplier, "multiplier"), rounds)
}

#' @rdname accountant
#' @export
accountant_add_skellam <- function(accountant, l2, l1, variance, rounds = 1) {
  add_other(accountant, 2L, c(one_number(l2, "l2"), one_number(l1, "l1"), one_number(variance, "variance")), rounds)
}

#' @rdname accountant
#' @export
accountant_add_concentrated <- function(accountant, rho, rounds = 1) add_other(accountant, 3L, one_number(rho, "rho"), rounds)

#' @rdname accountant
#' @export
accountant_add_discrete_gaussian <- function(accountant, l2, l1, noise, shares, padded, rounds = 1) {
  numbers <- c(
    one_number(l2, "l2"), one_number(l1, "l1"), one_number(noise, "noise"), whole_number(shares, "shares", 1),
    whole_number(padded, "padded", 1)
  )
  add_other(accountant, 4L, numbers, rounds)
}

add_other <- function(accountant, kind, numbers, rounds) {
  of_class(accountant, "cw_accountant", "accountant")
  returned(.Call(C_cw_accountant_add_other, accountant$handle, kind, numbers, whole_number(rounds, "rounds", 0, 2^32 - 1)))
  invisible(accountant)
}

#' @rdname accountant
#' @export
accountant_epsilon <- function(accountant, delta) {
  of_class(accountant, "cw_accountant", "accountant")
  returned(.Call(C_cw_accountant_epsilon, accountant$handle, one_number(delta, "delta")))[[1L]]
}

#' @rdname accountant
#' @export
accountant_delta <- function(accountant, epsilon) {
  of_class(accountant, "cw_accountant", "accountant")
  returned(.Call(C_cw_accountant_delta, accountant$handle, one_number(epsilon, "epsilon")))
}
