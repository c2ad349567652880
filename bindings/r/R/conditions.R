# Numbers of errors: those of cloakwork.h, and from 801 those of the flows (docs/http.md).
statuses <- c(
  OK = 0L, NULL_POINTER = 101L, INVALID_LENGTH = 102L, BUFFER_TOO_SMALL = 103L, INVALID_ARGUMENT = 104L, MISALIGNED = 105L,
  OVERLAP = 106L, WRONG_HANDLE = 107L, OUT_OF_MEMORY = 108L, BUSY_HANDLE = 109L, NOT_VERIFIED = 110L,
  NOT_FINITE = 201L, OUT_OF_RANGE = 202L,
  INVALID_WIDTH = 203L, TOO_LONG = 204L, MALFORMED = 301L, NON_CANONICAL = 302L, UNSUPPORTED = 303L, UNEXPECTED_KIND = 304L,
  RANDOMNESS = 401L, LOW_ORDER_KEY = 402L, REPEATED_KEY = 403L, NOT_AUTHENTIC = 404L, NOT_PINNED = 405L, NOT_CONFIRMED = 406L,
  MASKS_DID_NOT_CANCEL = 407L, REPEATED_ELEMENT = 408L, OUT_OF_ORDER = 501L, WRONG_RUN = 502L, WRONG_EPOCH = 503L, WRONG_ROUND = 504L, WRONG_CONTEXT = 505L,
  SET_NOT_NESTED = 506L, NOT_IN_SET = 507L, TOO_FEW_NEIGHBOURS = 508L, TOO_FEW_INPUTS = 509L, TOO_MANY_PASSES = 510L,
  WRONG_SET = 511L, TOO_FEW_ACKNOWLEDGEMENTS = 512L, UNKNOWN_PARTY = 513L, DUPLICATE = 514L, TOO_FEW_SHARES = 515L,
  NO_RECOVERY = 516L, STOPPED = 517L, WRONG_PROGRAM = 518L, COUNT_CHANGED = 519L, INVALID_ROSTER = 601L, INVALID_DEGREE = 602L, INVALID_THRESHOLD = 603L,
  INVALID_RUN = 604L, CAPACITY_EXCEEDED = 605L, NO_PARAMETERS = 606L, SAMPLER_FAILED = 701L, INVALID_MECHANISM = 702L,
  BUDGET_SPENT = 703L, ROTATION_SEED_REPEATED = 704L, BAD_REQUEST = 801L, NOT_AUTHENTICATED = 802L, NOT_ALLOWED = 803L,
  NOT_FOUND = 804L, CONFLICT = 805L, COUNTER_USED = 806L, TOO_LARGE = 807L, TOO_SLOW = 808L, SUPERSEDED = 809L,
  STORAGE_FAILED = 810L, BUSY = 811L, UNREACHABLE = 812L, UNVERIFIED_ANSWER = 813L, CONFIGURATION = 814L,
  TASK = 815L, RUN_CLOSED = 816L, PANIC = 901L,
  NOT_CONNECTED = 1001L, OTHER_SESSION = 1002L, SILENT = 1003L, LOST = 1004L, LEFT = 1005L, SYSTEM = 1006L
)

groups <- c("argument", "number", "encoding", "crypto", "protocol", "parameter", "privacy", "flow", "internal", "network")

#' Errors of cloakwork
#'
#' Every error of this package is a condition of class `cloakwork_error`, and of the class of the hundred of its number:
#' `cloakwork_argument_error` (1xx), `cloakwork_number_error` (2xx), `cloakwork_encoding_error` (3xx), `cloakwork_crypto_error` (4xx),
#' `cloakwork_protocol_error` (5xx), `cloakwork_parameter_error` (6xx), `cloakwork_privacy_error` (7xx), `cloakwork_flow_error` (8xx) or
#' `cloakwork_internal_error` (9xx). `cloakwork.h` and `docs/http.md` list the numbers, which never change.
#'
#' @format A condition with these fields, each `NULL` where it does not apply:
#'   \describe{
#'     \item{status}{the number of the error}
#'     \item{name}{its name, such as `"OUT_OF_RANGE"`}
#'     \item{party}{id of the party that it concerns, a string}
#'     \item{bound}{what would have been right}
#'     \item{argument}{the argument at fault}
#'   }
#' @examples
#' refused <- tryCatch(public_key("cw1-no-fingerprint"), cloakwork_error = identity)
#' refused$name
#' refused$argument
#' @name cloakwork_error
NULL

# Makes the condition. `next_number` and `last_counter` travel with errors of the flows.
cloakwork_condition <- function(status, text, argument = NULL, party = NULL, bound = NULL, call = NULL, next_number = NULL,
                                last_counter = NULL) {
  status <- as.integer(status)
  name <- names(statuses)[match(status, statuses)]
  if (is.na(name)) name <- paste0("STATUS_", status)
  group <- groups[status %/% 100L]
  detail <- c(
    if (!is.null(argument)) paste0(argument, ": "), text,
    if (!is.null(party)) paste0("; party ", party),
    if (!is.null(bound)) paste0("; bound ", format(bound, digits = 15, scientific = FALSE, trim = TRUE)),
    " (", status, " ", name, ")"
  )
  structure(
    class = c(if (length(group) == 1L && !is.na(group)) paste0("cloakwork_", group, "_error"), "cloakwork_error", "error", "condition"),
    list(
      message = paste(detail, collapse = ""), call = call, status = status, name = name, text = text, party = party, bound = bound,
      argument = argument, next_number = next_number, last_counter = last_counter
    )
  )
}

raise <- function(status, text, argument = NULL, party = NULL, bound = NULL, call = NULL, next_number = NULL, last_counter = NULL) {
  if (is.character(status)) status <- statuses[[status]]
  stop(cloakwork_condition(status, text, argument, party, bound, call, next_number, last_counter))
}

# Gives what a C function returned, or raises the failure that it returned. `argument` is the caller's name for what C calls otherwise.
returned <- function(value, argument = NULL, party = NULL, call = NULL) {
  if (!inherits(value, "cloakwork_failure")) {
    return(value)
  }
  text <- value$text
  name <- if (is.null(argument)) value$argument else argument
  bound <- value$bound
  if (!is.null(value$parameter)) {
    relation <- c("at least", "above", "at most", "below")[[value$bound_kind]]
    text <- sprintf("the %s is %s and must be %s %s", value$parameter, number_text(value$given), relation, number_text(bound))
    if (!is.nan(value$works)) text <- sprintf("%s; %s works", text, number_text(value$works))
    name <- if (is.null(argument)) gsub(" ", "_", value$parameter) else argument
    bound <- NULL
  }
  condition <- cloakwork_condition(value$status, text, name, if (is.null(value$party)) party else value$party, bound, call)
  if (!is.null(value$parameter)) condition$bound <- value$bound
  stop(condition)
}

number_text <- function(x) format(x, digits = 6, trim = TRUE)

# What the outcome of a round means.
outcome_text <- function(outcome) {
  if (outcome == 0L) {
    return("the sum was opened")
  }
  name <- names(statuses)[match(outcome, statuses)]
  if (is.na(name)) paste("it was aborted with number", outcome) else paste("it was aborted:", tolower(gsub("_", " ", name)))
}
