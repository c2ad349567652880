#' Control a run over HTTPS
#'
#' A controller defines a run, gives it to the server, starts its rounds and reads their sums. The server lists the controller's fingerprint
#' among those that may. The controller makes description, roster and beacon itself, so that it need not believe the server about the run.
#'
#' In a run with noise every round costs privacy, whatever becomes of it: such a run needs a [privacy_budget()].
#'
#' @param url,server,identity,ca,patience see [cw_connection()].
#' @param controller a controller.
#' @param name a name for people, unique at the server.
#' @param members fingerprint of each member's identity by name.
#' @param config of [config_for()], [run_config()] or [private_config()].
#' @param run a run of [cw_run()] instead of `members` and `config`.
#' @param budget of [privacy_budget()], for the data of all members together: needed in a run with noise.
#' @param shares_results whether members may read the results as well.
#' @param handle a run of `run_create()`.
#' @param context raw bytes for every participant, such as the joint model.
#' @param participants ids of those who take part; `NULL` for everybody who is there.
#' @param number number of a round; `NULL` for the next one.
#' @param seconds how long to wait; `NULL` for as long as a round can take.
#' @return `controller()`: an object of class `cw_controller`. `run_create()`: an object of class `cw_run_handle`, with the run in `run`.
#'   `round_start()`: the number of the round. `round_wait()`: an object of class `cw_round`, as [federation_round()] gives it, with the
#'   names of members. `round_run()` starts a round and waits for it. `run_stop()` stops the round in progress and closes the run: `NULL`,
#'   invisibly.
#' @examples
#' # A server, three clients and a controller on this machine.
#' needed <- c("httpuv", "later", "promises", "processx")
#' if (all(vapply(needed, requireNamespace, NA, quietly = TRUE))) {
#'   source(system.file("examples", "roles.R", package = "cloakwork"), echo = TRUE)
#' }
#' @export
controller <- function(url, server, identity, ca = NULL, patience = 3600) {
  structure(list(connection = cw_connection(url, server, identity, ca, patience)), class = "cw_controller")
}

#' @rdname controller
#' @export
run_create <- function(controller, name, members = NULL, config = NULL, run = NULL, budget = NULL, shares_results = FALSE) {
  of_class(controller, "cw_controller", "controller")
  if (is.null(run)) run <- cw_run(config, members)
  of_class(run, "cw_run", "run")
  if (is.null(run$names) || is.null(run$settings)) {
    raise("INVALID_ARGUMENT", "has no names of members or no settings: make it with cw_run()", "run")
  }
  budget <- budget_for(budget, run)
  body <- list(
    name = one_text(name, "name"), names = as.list(run$names), description = jsonlite::base64_enc(run_bytes(run, "description")),
    roster = jsonlite::base64_enc(run_bytes(run, "roster")), settings = jsonlite::base64_enc(run$settings),
    shares_results = one_flag(shares_results, "shares_results")
  )
  body[c("description", "roster", "settings")] <- gsub("\n", "", body[c("description", "roster", "settings")], fixed = TRUE)
  request(controller$connection, "run_create", json_bytes(body), run = run_bytes(run, "id"))
  structure(list(connection = controller$connection, run = run, name = name, budget = budget), class = "cw_run_handle")
}

#' @rdname controller
#' @export
round_start <- function(handle, context = raw(), participants = NULL, number = NULL) {
  of_class(handle, "cw_run_handle", "handle")
  raw_bytes(context, "context")
  id <- run_bytes(handle$run, "id")
  if (is.null(number)) {
    shown <- json_object(request(handle$connection, "run", run = id, largest = LARGEST_ROSTER)$body)
    number <- shown$last_round + 1
  }
  number <- whole_number(number, "number", 1, 2^32 - 1)
  if (!is.null(handle$budget)) budget_charge(handle$budget, handle$run, number)
  query <- if (is.null(participants)) list() else list(participants = paste(member_ids(participants, "participants"), collapse = ","))
  request(handle$connection, "round_start", context, query, run = id, round = whole_text(number))
  number
}

#' @rdname controller
#' @export
round_wait <- function(handle, number, seconds = NULL) {
  of_class(handle, "cw_run_handle", "handle")
  number <- whole_number(number, "number", 1, 2^32 - 1)
  run <- handle$run
  seconds <- if (is.null(seconds)) round_seconds(run) else one_number(seconds, "seconds")
  shown <- follow(handle, number, seconds)
  sum <- NULL
  if (shown$outcome == 0) {
    id <- run_bytes(run, "id")
    result <- request(handle$connection, "result", run = id, largest = result_size(run), round = whole_text(number))
    sum <- shaped(run, read_result(run, result$body))
  }
  names_of <- function(ids) unname(run$names[unlist(ids)])
  structure(
    list(
      number = number, outcome = as.integer(shown$outcome), participants = names_of(shown$participants), survivors = names_of(shown$survivors),
      sum = sum
    ),
    class = "cw_round"
  )
}

#' @rdname controller
#' @export
round_run <- function(handle, context = raw(), participants = NULL, seconds = NULL) {
  round_wait(handle, round_start(handle, context, participants), seconds)
}

#' @rdname controller
#' @export
run_stop <- function(handle) {
  of_class(handle, "cw_run_handle", "handle")
  request(handle$connection, "run_stop", run = run_bytes(handle$run, "id"))
  invisible(NULL)
}

# What the server shows of a round once it has ended.
follow <- function(handle, number, seconds) {
  deadline <- seconds_now() + seconds
  repeat {
    wait <- max(1, min(POLL_SECONDS, floor(deadline - seconds_now())))
    answer <- request(handle$connection, "round", run = run_bytes(handle$run, "id"), wait = wait, round = whole_text(number))
    if (answer$status != 204L) {
      return(json_object(answer$body))
    }
    if (seconds_now() >= deadline) raise("TOO_SLOW", sprintf("round %.0f has not ended after %.0f s", number, seconds), "seconds")
  }
}

# How long a round can take at most: set-up, every step, every shrinking of the surviving set, and the sum.
round_seconds <- function(run) {
  2 * run_number(run, "setup_seconds") + (2 + run_number(run, "max_passes")) * run_number(run, "step_seconds") + 600
}

# Bytes of a result: the rotation seed of a private round, then the residues of each segment in lanes of 4, 8 or 16 bytes.
lane_bytes <- function(bits) ifelse(bits <= 32, 4, ifelse(bits <= 64, 8, 16))

result_size <- function(run) {
  segments <- run$about$segments
  (if (run_private(run)) 32 else 0) + sum(lane_bytes(segments$bits) * segments$length)
}

read_result <- function(run, body) {
  if (length(body) != result_size(run)) raise("MALFORMED", "this is no result of the run", bound = result_size(run))
  segments <- run$about$segments
  head <- if (run_private(run)) 32 else 0
  ends <- head + cumsum(lane_bytes(segments$bits) * segments$length)
  starts <- c(head, ends)[seq_along(ends)]
  residues <- Map(function(start, end) body[seq_len(end - start) + start], starts, ends)
  decode_sums(run, residues, body[seq_len(head)])
}

result_bytes <- function(run, opened) c(if (run_private(run)) opened$rotation_seed, do.call(c, opened$residues))

#' @export
print.cw_controller <- function(x, ...) {
  cat("<cw_controller> ", x$connection$url, "\n", sep = "")
  invisible(x)
}

#' @export
print.cw_run_handle <- function(x, ...) {
  cat("<cw_run_handle> ", x$name, " at ", x$connection$url, "\n", sep = "")
  print(x$run)
  invisible(x)
}
