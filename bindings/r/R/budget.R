#' Privacy budgets
#'
#' A budget bounds what a data set may lose in all rounds of all runs together. A client of a run with noise gives it to [join_run()], and a
#' controller to [run_create()]: each round is charged before the masked vector, or the request that starts it, leaves, and is never given
#' back, whatever becomes of the round. A round that the budget does not allow goes on without the client, and is not started by the
#' controller. A run with noise without a budget is refused, and so is a budget for a run without noise.
#'
#' The budget of a client keeps the rotation seed of each round as well, and refuses a round in which an earlier one comes again: noise
#' hides what it should only behind a rotation that is new.
#'
#' @param epsilon,delta the loss that the data set may suffer.
#' @param file where the charges are kept, so that they outlive the session; made if it is not there. `NULL` for this session alone.
#' @param budget a budget.
#' @inheritParams plan_privacy
#' @return `privacy_budget()`: an object of class `cw_budget`. `budget_spent()`: the epsilon of everything charged so far, at the budget's
#'   delta.
#' @examples
#' budget <- privacy_budget(epsilon = 4, delta = 1e-6, unit = "record", record_clip = 12.5)
#' budget_spent(budget)
#' @export
privacy_budget <- function(epsilon, delta, unit = c("client", "part", "record"), record_clip = NULL,
                           neighbours = c("replace-one", "zero-out"), file = NULL) {
  epsilon <- one_number(epsilon, "epsilon")
  delta <- one_number(delta, "delta")
  if (epsilon <= 0) raise("INVALID_MECHANISM", "must be above 0", "epsilon", bound = 0)
  if (delta <= 0 || delta >= 1) raise("INVALID_MECHANISM", "must be above 0 and below 1", "delta", bound = 1)
  about <- privacy_unit(unit, record_clip, neighbours)
  state <- new.env(parent = emptyenv())
  state$charges <- list()
  if (!is.null(file)) {
    file <- path.expand(one_text(file, "file"))
    if (file.exists(file)) state$charges <- read_charges(file, about)
  }
  structure(list(epsilon = epsilon, delta = delta, about = about, file = file, state = state), class = "cw_budget")
}

# Losses of different units do not add up.
read_charges <- function(file, about) {
  kept <- tryCatch(readRDS(file), error = function(e) NULL)
  if (!is.list(kept) || !identical(names(kept), c("about", "charges"))) {
    raise("CONFIGURATION", "the file holds no budget of this package", "file")
  }
  if (!identical(kept$about[c("unit", "neighbours")], about[c("unit", "neighbours")])) {
    raise("CONFIGURATION", sprintf("the file is about another unit: one %s, %s", kept$about$unit, kept$about$neighbours), "file")
  }
  kept$charges
}

#' @rdname privacy_budget
#' @export
budget_spent <- function(budget) {
  of_class(budget, "cw_budget", "budget")
  spent_on(budget, budget$state$charges)
}

spent_on <- function(budget, charges) {
  if (length(charges) == 0L) {
    return(0)
  }
  account <- accountant()
  on.exit(close(account))
  for (charge in charges) {
    arguments <- mechanism_arguments(charge$mechanism)
    returned(.Call(C_cw_accountant_add, account$handle, arguments[[1L]], arguments[[2L]], charge$unit, 1))
  }
  accountant_epsilon(account, budget$delta)
}

# Refuses a round that the budget does not allow. A round that was charged before costs nothing again. A client gives the rotation seed.
budget_check <- function(budget, run, number, rotation = NULL) {
  key <- paste(hex(run_bytes(run, "hash")), number)
  if (key %in% names(budget$state$charges)) {
    return(budget$state$charges)
  }
  if (!is.null(rotation) && any(vapply(budget$state$charges, function(charge) identical(charge$rotation, rotation), NA))) {
    raise("ROTATION_SEED_REPEATED", sprintf("round %s has the rotation seed of an earlier one", number_text(number)), "budget")
  }
  charge <- list(mechanism = run$about$mechanism, unit = budget$about$numbers, rotation = rotation)
  charges <- c(budget$state$charges, stats::setNames(list(charge), key))
  would_be <- spent_on(budget, charges)
  if (would_be > budget$epsilon) {
    text <- sprintf(
      "round %s would take the data set to epsilon %s at delta %s, and its budget is %s", number_text(number), number_text(would_be),
      number_text(budget$delta), number_text(budget$epsilon)
    )
    raise("BUDGET_SPENT", text, "budget", bound = budget$epsilon)
  }
  charges
}

# Charges a round; what is kept in a file is there before this returns.
budget_charge <- function(budget, run, number, rotation = NULL) {
  charges <- budget_check(budget, run, number, rotation)
  if (!is.null(budget$file)) {
    aside <- paste0(budget$file, ".new")
    kept <- tryCatch(
      {
        saveRDS(list(about = budget$about, charges = charges), aside)
        file.rename(aside, budget$file)
      },
      error = function(e) FALSE,
      warning = function(e) FALSE
    )
    if (!kept) raise("STORAGE_FAILED", "the charge cannot be written, and nothing leaves without it", "budget")
  }
  budget$state$charges <- charges
  invisible(NULL)
}

# The budget of a run: one with noise needs it, and no other has any.
budget_for <- function(budget, run) {
  if (is.null(budget)) {
    if (run_private(run)) raise("CONFIGURATION", "the run is differentially private and needs one: see privacy_budget()", "budget")
    return(NULL)
  }
  of_class(budget, "cw_budget", "budget")
  if (!run_private(run)) raise("CONFIGURATION", "the run has no noise: its sums are exact, and no budget covers them", "budget")
  budget
}

#' @export
print.cw_budget <- function(x, ...) {
  spent <- budget_spent(x)
  cat(sprintf(
    "<cw_budget> epsilon %s of %s at delta %s spent in %d rounds; unit: one %s\n", number_text(spent), number_text(x$epsilon),
    number_text(x$delta), length(x$state$charges), x$about$unit
  ))
  invisible(x)
}
