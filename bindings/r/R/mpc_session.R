#' Computations on secrets
#'
#' Several parties compute on numbers that none of them sees. `mpc_session()` has all parties in this R session, for learning, tests and
#' prototypes; `mpc_share()` makes a secret out of a party's numbers, [arithmetic and functions][mpc_tensor] work on it as on other
#' numbers, and `mpc_open()` makes known what is meant to be known. Operations only say what is wanted: they run, side by side where they are
#' independent, when something is opened or by `mpc_run()`. `docs/mpc.md` of the repository says what is protected, against whom, and what
#' everything costs.
#'
#' @param parties how many parties, 2 to 64. They are numbered from 1.
#' @param fraction bits of a real number after the point: 11 to 24 where functions are used, otherwise up to 30.
#' @param bits real numbers stay below 2^(bits - 2 - fraction) in magnitude. Nothing tells when one leaves this range in a computation.
#' @param rounding of products: `"nearest"` or `"down"`, whose results depend neither on randomness nor on the number of parties, or
#'   `"dithered"`, which saves rounds.
#' @param dealer whether a dealer makes correlated randomness, or the parties do it themselves by oblivious transfer.
#' @param suite cipher of all streams: 2 is AES-128-CTR, 1 is ChaCha20.
#' @param session of `mpc_session()`; `close()` ends it and wipes all shares.
#' @param x numbers: a vector, matrix or array. For `mpc_open()` a secret.
#' @param owner the party that has the numbers; the others do not learn them.
#' @param kind `"real"` or `"integer"` for whole numbers of 64 bits, which are exact and wrap. If not given, doubles are real, integers and
#'   truth values are whole. Whole numbers beyond 2^53 in magnitude are refused, here and when they are opened.
#' @param to the party or parties that are to learn it; everybody, if not given.
#' @return `mpc_share()`: a secret, of class [mpc_tensor]. `mpc_open()`: a numeric or, of truth values, a logical vector or array; a list with
#'   an element for each party, `NULL` for those that learn nothing, if `to` is given. `mpc_cost()`: rounds, bytes and corrections of a party
#'   so far, for computing and for making correlated randomness. `mpc_explain()`: a data frame of what the operations will cost, exactly, that
#'   were asked for and have not run, each by itself and all together; openings are not in it.
#' @examples
#' session <- mpc_session(parties = 3)
#' oslo <- mpc_share(session, c(61.5, 70.25, 58), owner = 1)
#' turin <- mpc_share(session, c(64, 66.75, 71.5), owner = 2)
#' mpc_open(mean(oslo) < mean(turin))
#' mpc_open(median(c(oslo, turin)))
#' mpc_open(max(oslo), to = 1)
#' difference <- sqrt((oslo - turin)^2)
#' mpc_explain(session)
#' close(session)
#' @export
mpc_session <- function(parties = 3, fraction = 16, bits = 32, rounding = c("nearest", "down", "dithered"), dealer = TRUE, suite = 2) {
  rounding <- one_of(rounding, c("nearest", "down", "dithered"), "rounding")
  numbers <- c(
    whole_number(parties, "parties", 2, 64), whole_number(fraction, "fraction", 0, 30), whole_number(bits, "bits", 3, 64),
    c(dithered = 0, down = 1, nearest = 2)[[rounding]], whole_number(suite, "suite", 1, 2)
  )
  name <- if (one_flag(dealer, "dealer")) NULL else random_bytes(32)
  handle <- returned(.Call(C_cw_mpc_new, as.integer(numbers), name))
  object("mpc_session", handle, parties = as.integer(parties), fraction = fraction, asked = new.env(parent = emptyenv()))
}

#' @rdname mpc_session
#' @export
mpc_share <- function(session, x, owner = 1, kind = NULL) {
  of_class(session, "mpc_session", "session")
  owner <- whole_number(owner, "owner", 1, session$parties)
  given <- plain_numbers(x, "x")
  is_whole <- if (is.null(kind)) !is.double(given) else one_of(kind, c("real", "integer"), "kind") == "integer"
  if (is_whole && !all_whole(given)) {
    raise("INVALID_ARGUMENT", "is to be whole numbers, up to 2^53, and holds another", "x", bound = LARGEST_WHOLE)
  }
  value <- returned(.Call(C_cw_mpc_share, session$handle, as.integer(owner) - 1L, as.double(given), as.integer(is_whole)))
  new_tensor(session, value, length(given), dim(given))
}

#' @rdname mpc_session
#' @export
mpc_open <- function(x, to = NULL) {
  of_class(x, "mpc_tensor", "x")
  parties <- x$session$parties
  chosen <- if (is.null(to)) seq_len(parties) else sort(unique(vapply(to, whole_number, 0, argument = "to", least = 1, most = parties)))
  if (length(chosen) == 0L) raise("INVALID_ARGUMENT", "names nobody", "to")
  forget_names(x$session)
  found <- returned(.Call(C_cw_mpc_open, x$session$handle, x$secret$value, as.integer(chosen) - 1L))
  found <- lapply(found, function(one) {
    numbers <- returned(one)
    if (is.null(numbers)) {
      return(NULL)
    }
    if (x$kind == "bit") numbers <- numbers == 1
    dim(numbers) <- x$dim
    numbers
  })
  if (is.null(to)) found[[1L]] else found
}

#' @rdname mpc_session
#' @export
mpc_run <- function(session) {
  of_class(session, "mpc_session", "session")
  forget_names(session)
  returned(.Call(C_cw_mpc_run, session$handle))
  invisible(session)
}

COSTS <- c("rounds", "bytes", "corrections")

#' @rdname mpc_session
#' @export
mpc_cost <- function(session) {
  of_class(session, "mpc_session", "session")
  costs <- returned(.Call(C_cw_mpc_cost, session$handle))
  matrix(costs, 2L, byrow = TRUE, dimnames = list(c("computing", "making"), COSTS))
}

#' @rdname mpc_session
#' @export
mpc_explain <- function(session) {
  of_class(session, "mpc_session", "session")
  costs <- matrix(returned(.Call(C_cw_mpc_explain, session$handle)), ncol = 3L, byrow = TRUE, dimnames = list(NULL, COSTS))
  data.frame(operation = c(session$asked$names, "together"), costs)
}

#' @export
print.mpc_session <- function(x, ...) {
  if (alive(x)) cat("<computation of", x$parties, "parties>\n") else cat("<computation> (closed)\n")
  invisible(x)
}

forget_names <- function(session) session$asked$names <- NULL

# Numbers as they are, without what R keeps beside them; refused by the argument's name.
plain_numbers <- function(x, argument) {
  if (inherits(x, "mpc_tensor")) raise("INVALID_ARGUMENT", "is a secret, expected numbers", argument)
  if (is.factor(x)) raise("INVALID_ARGUMENT", "is a factor, expected numbers", argument)
  if (is.object(x) || !(is.numeric(x) || is.logical(x))) {
    raise("INVALID_ARGUMENT", sprintf("is of class %s, expected numbers", class(x)[[1L]]), argument)
  }
  if (!all(is.finite(x))) raise("NOT_FINITE", "holds NA, NaN or an infinite value", argument)
  attributes(x) <- list(dim = dim(x))
  x
}

all_whole <- function(x) all(x == floor(x) & abs(x) <= LARGEST_WHOLE)
