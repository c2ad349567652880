#' Take part in a run
#'
#' Joins the run of an invitation over HTTPS and takes part in its rounds until the controller closes it. What the server says about the run
#' is checked against the invitation before anything else happens.
#'
#' With a `state` file a client that was ended at any moment goes on where it was when `join_run()` is called again: the same bytes are sent
#' again, nothing is masked twice. Without one it makes new keys and takes part in the next round.
#'
#' `invited_run()` only looks at the run: what it adds up, among whom, and with what noise.
#'
#' @param invitation the line of the controller, see [invitation()].
#' @param identity the own identity, or its file.
#' @param contribute a function of one argument, a list of `number` (of the round), `context` (raw bytes that every participant has), `run`,
#'   and `member`, the own id. It is called once a round and gives the contribution, as [client_mask()] takes it. When it raises an error,
#'   the round goes on without this client, and `join_run()` raises the same.
#' @param ca,patience see [cw_connection()].
#' @param state file for the state of this client in this run: secret, and never to be set back to an older state. `NULL` for this session
#'   alone.
#' @param budget of [privacy_budget()], needed in a run with noise: charged before a masked vector leaves. A round that it does not allow goes
#'   on without this client.
#' @param rounds how many rounds to stay for.
#' @param idle_seconds how long to stay while nothing happens.
#' @param on_event a function that is told what happens: a list of `what` (`"invite"`, `"keys"`, `"confirmations"`, `"begin"`,
#'   `"survivors"`, `"open"` and `"finished"` for messages that came, before they are answered; `"masked"`, `"late"`, `"refused"`,
#'   `"closed"`), `round`, `outcome` and `text`.
#' @return `join_run()`: the number of rounds that ended, invisibly. `invited_run()`: the run, as [cw_run_decode()] gives it.
#' @examples
#' # The example of controller() has a server to join. What is no invitation is refused:
#' contribute <- function(round) c(n = 10, age = 504.5)
#' tryCatch(join_run("https://aggregate.example", identity_generate(), contribute), cloakwork_error = conditionMessage)
#' @export
join_run <- function(invitation, identity, contribute, ca = NULL, state = NULL, budget = NULL, rounds = Inf, idle_seconds = 604800,
                     patience = 3600, on_event = function(event) NULL) {
  if (!is.function(contribute)) raise("INVALID_ARGUMENT", "expected a function of the round", "contribute")
  if (!is.function(on_event)) raise("INVALID_ARGUMENT", "expected a function", "on_event")
  pins <- read_invitation(invitation)
  connection <- cw_connection(pins$url, pins$server, identity, ca, patience)
  run <- look_at_run(connection, pins)
  stay <- new.env(parent = emptyenv())
  stay$connection <- connection
  stay$run <- run
  on.exit(close_state(stay))
  kept <- if (!is.null(state)) open_state(stay, state)
  stay$client <- cw_client(run, connection$identity, kept$machine)
  on.exit(close(stay$client), add = TRUE)
  stay$contribute <- contribute
  stay$budget <- budget_for(budget, run)
  stay$on_event <- on_event
  stay$next_message <- if (is.null(kept)) 1 else kept$number
  stay$rounds <- 0
  stay$needs_invitation <- isTRUE(kept$needs_invitation)
  deliver(stay, kept$outgoing)
  take_part(stay, one_number(rounds, "rounds"), one_number(idle_seconds, "idle_seconds"))
  invisible(stay$rounds)
}

#' @rdname join_run
#' @export
invited_run <- function(invitation, identity, ca = NULL, patience = 3600) {
  pins <- read_invitation(invitation)
  look_at_run(cw_connection(pins$url, pins$server, identity, ca, patience), pins)
}

LARGEST_ROSTER <- 40 * 2^20
LARGEST_CONTEXT <- 256 * 2^20
POLL_SECONDS <- 25

# The run of an invitation: the server's word counts for nothing but what the hash pins.
look_at_run <- function(connection, pins) {
  ask <- function(name, largest = SMALL_ANSWER) request(connection, name, run = pins$run, largest = largest)$body
  run <- tryCatch(cw_run_decode(ask("description"), ask("roster", LARGEST_ROSTER), ask("settings")), cloakwork_error = function(e) {
    if (inherits(e, "cloakwork_flow_error")) stop(e)
    raise("CONFIGURATION", paste("the server's description of the run cannot be used:", e$text), "invitation")
  })
  if (!identical(run_bytes(run, "hash"), pins$hash)) {
    text <- "the server describes another run than the invitation pins: ask the controller, by another way, which one is right"
    raise("CONFIGURATION", text, "invitation")
  }
  if (!(fingerprint(connection$identity) %in% run_members(run)$fingerprint)) {
    raise("CONFIGURATION", "this identity is not in the roster; send your fingerprint to the controller", "identity")
  }
  run
}

take_part <- function(stay, rounds, idle_seconds) {
  quiet_until <- seconds_now() + idle_seconds
  while (stay$rounds < rounds) {
    number <- stay$next_message
    wait <- max(0, min(POLL_SECONDS, ceiling(quiet_until - seconds_now())))
    largest <- 4096 + 96 * stay$run$about$neighbours + stay$run$about$members %/% 8
    answer <- tryCatch(ask(stay, "message", wait = wait, largest = largest, number = whole_text(number)), cloakwork_flow_error = identity)
    if (inherits(answer, "condition")) {
      if (answer$name == "RUN_CLOSED") {
        tell(stay, "closed")
        return(invisible(NULL))
      }
      if (answer$name != "SUPERSEDED" || is.null(answer$next_number)) stop(answer)
      # The server lost what came after: it was set back to an older state.
      if (answer$next_number <= number) Sys.sleep(1)
      stay$next_message <- answer$next_number
      keep_state(stay, NULL)
      if (without_keys(stay)) ask_for_setup(stay)
    } else if (answer$status == 204L) {
      if (seconds_now() >= quiet_until) raise("TOO_SLOW", sprintf("nothing happened in the run for %.0f s", idle_seconds), "idle_seconds")
    } else {
      handle_message(stay, number, answer$body)
      keep_state(stay, NULL)
      quiet_until <- seconds_now() + idle_seconds
    }
  }
}

whole_text <- function(number) sprintf("%.0f", number)

ask <- function(stay, name, body = raw(), wait = 0, largest = 65536, ...) {
  request(stay$connection, name, body, run = run_bytes(stay$run, "id"), wait = wait, largest = largest, ...)
}

without_keys <- function(stay) client_info(stay$client)$state %in% c("idle", "advertised", "confirming")

tell <- function(stay, what, outcome = NULL, text = NULL) {
  stay$on_event(list(what = what, round = client_info(stay$client)$round, outcome = outcome, text = text))
}

handle_message <- function(stay, number, message) {
  stay$next_message <- number + 1
  kind <- tryCatch(message_kind(message), cloakwork_error = identity)
  if (inherits(kind, "condition")) {
    return(refuse(stay, number, kind))
  }
  if (kind == "begin") {
    return(begin_round(stay, number, message))
  }
  if (kind == "invite") {
    stay$needs_invitation <- FALSE
  } else if (stay$needs_invitation) {
    return(invisible(NULL))
  }
  tell(stay, kind)
  answer <- tryCatch(client_answer(stay$client, message), cloakwork_error = identity)
  if (inherits(answer, "condition")) {
    return(refuse(stay, number, answer))
  }
  if (kind == "finished") {
    stay$rounds <- stay$rounds + 1
    tell(stay, "ended", outcome = client_info(stay$client)$outcome)
  }
  # Named before a round is spoiled by them; the server knows who was absent.
  if (kind == "confirmations") {
    for (member in client_info(stay$client)$unconfirmed) {
      report(stay, number, statuses[["NOT_CONFIRMED"]], "keys are not confirmed: they may have been swapped on the way", member)
    }
  }
  deliver(stay, answer)
}

begin_round <- function(stay, number, message) {
  context <- tryCatch(ask(stay, "context", largest = LARGEST_CONTEXT, number = whole_text(number))$body, cloakwork_flow_error = identity)
  if (inherits(context, "condition")) {
    if (context$name != "NOT_FOUND") stop(context)
    return(tell(stay, "late", text = context$text))
  }
  begun <- tryCatch(client_answer(stay$client, message, context), cloakwork_error = identity)
  if (inherits(begun, "condition")) {
    return(refuse(stay, number, begun))
  }
  tell(stay, "begin")
  info <- client_info(stay$client)
  masked <- tryCatch(
    {
      rotation <- if (!is.null(stay$budget)) returned(.Call(C_cw_client_rotation_seed, stay$client$handle))
      # Computing may take long: a spent budget is told before.
      if (!is.null(stay$budget)) budget_check(stay$budget, stay$run, info$round, rotation)
      message <- client_mask(stay$client, stay$contribute(list(number = info$round, context = context, run = stay$run, member = info$id)))
      if (!is.null(stay$budget)) budget_charge(stay$budget, stay$run, info$round, rotation)
      message
    },
    error = function(e) contribution_failed(stay, number, e)
  )
  if (deliver(stay, masked)) tell(stay, "masked")
}

# The round goes on without this client. A spent budget is no reason to leave: the others may need this client to open their rounds.
contribution_failed <- function(stay, number, error) {
  keep_state(stay, NULL)
  tell(stay, "refused", text = conditionMessage(error))
  if (inherits(error, "cloakwork_error") && error$name %in% c("BUDGET_SPENT", "ROTATION_SEED_REPEATED")) {
    report(stay, number, error$status, "this party's privacy budget does not allow the round")
    return(NULL)
  }
  report(stay, number, statuses[["TASK"]], "this party could not compute its contribution")
  stop(error)
}

# Sends an answer; whether it was taken. An answer that comes too late is not needed any more.
deliver <- function(stay, answer) {
  if (is.null(answer)) {
    return(FALSE)
  }
  keep_state(stay, answer)
  refused <- tryCatch(
    {
      ask(stay, "message_post", answer)
      NULL
    },
    cloakwork_error = identity
  )
  if (is.null(refused)) {
    return(TRUE)
  }
  if (inherits(refused, "cloakwork_flow_error") && !(refused$name %in% c("TOO_LARGE", "RUN_CLOSED"))) stop(refused)
  tell(stay, "late", text = refused$text)
  if (without_keys(stay)) {
    # What follows in this set-up is not for a client whose keys nobody has.
    stay$needs_invitation <- TRUE
    ask_for_setup(stay)
  }
  FALSE
}

# Tells everybody why this client does not answer.
refuse <- function(stay, number, error) {
  tell(stay, "refused", text = conditionMessage(error))
  report(stay, number, error$status, error$text, error$party)
  if (error$name == "WRONG_EPOCH" || client_info(stay$client)$epoch == 0) ask_for_setup(stay)
}

report <- function(stay, number, code, reason, accused = NULL) {
  body <- list(number = number, code = code, reason = reason)
  if (!is.null(accused)) body$accused <- accused
  tolerant(stay, "refusal_post", json_bytes(body))
}

ask_for_setup <- function(stay) tolerant(stay, "setup_post", charToRaw("{}"))

# A request that may come too late; then it is not needed any more.
tolerant <- function(stay, name, body) {
  tryCatch(ask(stay, name, body), cloakwork_flow_error = function(e) if (!(e$name %in% c("NOT_FOUND", "RUN_CLOSED"))) stop(e))
  invisible(NULL)
}
