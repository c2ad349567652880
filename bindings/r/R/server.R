#' The server of a run
#'
#' The server side of one run, step by step: `server_message()` gives what each member is due in the present step, `server_receive()` takes
#' the answers. When the last one is there the next step begins; `server_close_step()` goes on without those who have not answered. When the
#' step is `"sum"`, `server_sum()` opens the sum and ends the round. [serve()] does all of it over HTTPS.
#'
#' The server learns the sum and nothing else. It keeps the masked messages of a round in memory.
#'
#' @param run a run.
#' @param server a server.
#' @param sender,receiver,participants ids of members; participants may be `NULL` for everyone with confirmed keys.
#' @param message raw bytes of a message from the sender, whom the caller has authenticated.
#' @param context raw bytes that every participant is given for the round.
#' @return `cw_server()`: an object of class `cw_server`. `server_invite()` and `server_begin()`: the number of the set-up or round.
#'   `server_receive()`: whether the message changed anything. `server_message()`: raw bytes, or `NULL` for a member without a part in the
#'   step. `server_info()`: a list of `step`, `epoch`, `round`, `pass`, `outcome` of the last round, and the ids of those `waiting`,
#'   `confirmed`, `participants` and `survivors`. `server_sum()`: the sum in the shape of the run, or by label.
#' @examples
#' people <- list(oslo = identity_generate(), turin = identity_generate(), lyon = identity_generate())
#' run <- cw_run(config_for(cw_shape(0)), people)
#' server <- cw_server(run)
#' server_invite(server)
#' server_info(server)$step
#' message_kind(server_message(server, "2"))
#' @export
cw_server <- function(run) {
  of_class(run, "cw_run", "run")
  state <- new.env(parent = emptyenv())
  state$messages <- list()
  object("cw_server", returned(.Call(C_cw_server_new, run$handle)), run = run, masked = state)
}

server_steps <- c("idle", "advertise", "confirm", "ready", "mask", "survive", "unmask", "sum", "finished")

#' @rdname cw_server
#' @export
server_invite <- function(server) {
  of_class(server, "cw_server", "server")
  returned(.Call(C_cw_server_invite, server$handle))
}

#' @rdname cw_server
#' @export
server_receive <- function(server, sender, message) {
  of_class(server, "cw_server", "server")
  invisible(server_take(server, member_id(sender, "sender"), raw_bytes(message, "message"))$counted)
}

# The receipt of a message; a masked one is kept for the sum.
server_take <- function(server, sender, message) {
  receipt <- returned(.Call(C_cw_server_receive, server$handle, sender, message), party = sender)
  if (receipt$payload_length > 0 && receipt$counted) {
    server$masked$messages[[sender]] <- list(message = message, offset = receipt$payload_offset)
  }
  receipt
}

#' @rdname cw_server
#' @export
server_close_step <- function(server) {
  of_class(server, "cw_server", "server")
  returned(.Call(C_cw_server_close_step, server$handle))
  invisible(NULL)
}

#' @rdname cw_server
#' @export
server_begin <- function(server, context = raw(), participants = NULL) {
  of_class(server, "cw_server", "server")
  if (!is.null(participants)) participants <- member_ids(participants, "participants")
  round <- returned(.Call(C_cw_server_begin, server$handle, participants, sha256(raw_bytes(context, "context"))))
  server$masked$messages <- list()
  round
}

#' @rdname cw_server
#' @export
server_message <- function(server, receiver) {
  of_class(server, "cw_server", "server")
  receiver <- member_id(receiver, "receiver")
  returned(.Call(C_cw_server_message, server$handle, receiver), party = receiver)
}

#' @rdname cw_server
#' @export
server_stop <- function(server) {
  of_class(server, "cw_server", "server")
  returned(.Call(C_cw_server_stop, server$handle))
  invisible(NULL)
}

#' @rdname cw_server
#' @export
server_info <- function(server) {
  of_class(server, "cw_server", "server")
  phase <- server_phase(server)
  lists <- lapply(0:3, function(which) returned(.Call(C_cw_server_ids, server$handle, which)))
  c(phase, stats::setNames(lists, c("waiting", "confirmed", "participants", "survivors")))
}

server_phase <- function(server) {
  phase <- returned(.Call(C_cw_server_phase, server$handle))
  phase$step <- server_steps[[phase$step + 1L]]
  phase
}

server_members <- function(server, which) {
  returned(.Call(C_cw_server_ids, server$handle, match(which, c("waiting", "confirmed", "participants", "survivors")) - 1L))
}

#' @rdname cw_server
#' @export
server_sum <- function(server) {
  of_class(server, "cw_server", "server")
  opened <- server_residues(server)
  shaped(server$run, decode_sums(server$run, opened$residues, opened$rotation_seed))
}

# The residues of the round; the server is told how it ended.
server_residues <- function(server) {
  kept <- server$masked$messages[server_members(server, "survivors")]
  messages <- lapply(kept, `[[`, "message")
  offsets <- vapply(kept, `[[`, 0, "offset")
  opened <- .Call(C_cw_server_sum, server$handle, server$run$handle, unname(messages), as.double(offsets))
  failed <- inherits(opened, "cloakwork_failure")
  # Before the sum is due there is nothing to end.
  if (failed && opened$status %in% statuses[c("OUT_OF_ORDER", "WRONG_HANDLE")]) returned(opened)
  server$masked$messages <- list()
  if (failed) {
    returned(.Call(C_cw_server_finish, server$handle, opened$status))
    returned(opened)
  }
  returned(.Call(C_cw_server_finish, server$handle, 0L))
  opened
}

#' @export
print.cw_server <- function(x, ...) {
  if (!alive(x)) {
    return(NextMethod())
  }
  info <- server_info(x)
  cat(sprintf("<cw_server> %s, round %s, waits for %d of %s members\n", info$step, number_text(info$round), length(info$waiting),
    number_text(x$run$about$members)))
  invisible(x)
}
