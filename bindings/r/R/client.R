#' The client of a run
#'
#' One member of a run, step by step: `client_answer()` takes each message of the server and gives the answer to send, if there is one. When
#' a round has begun, `client_mask()` makes the contribution. [join_run()] does all of it over HTTPS.
#'
#' Messages are raw bytes. A refusal is a [cloakwork_error] that leaves the client as it was; the server is told, or the client falls
#' silent.
#'
#' @param run a run.
#' @param identity the own identity, whose public key is in the roster.
#' @param saved raw bytes that `client_save()` gave: the client goes on from there. They are secret, and must never be those of an older
#'   state.
#' @param client a client.
#' @param message raw bytes of a message of the server.
#' @param context raw bytes that this party received for the round, such as the joint model; their hash is compared.
#' @param values the contribution: in a run with a [shape][cw_shape()] a value of it; else the values of each segment by label, numeric
#'   vectors, or raw bytes in lanes for residues. In a run with noise, a numeric vector, or a list of one for each part.
#' @return `cw_client()`: an object of class `cw_client`. `client_answer()`: raw bytes to send, or `NULL` where there is no answer; after
#'   `finished` the `client_info()` has the outcome. `client_mask()`: raw bytes to send. `client_info()`: a list of `id`, `state`, `epoch`,
#'   `round`, `neighbours`, `outcome` of the last round, and `unconfirmed`, ids of neighbours whose keys are not confirmed.
#'   `message_kind()`: the name of a message.
#' @examples
#' people <- list(oslo = identity_generate(), turin = identity_generate(), lyon = identity_generate())
#' run <- cw_run(config_for(cw_shape(c(n = 0, sum = 0))), people)
#' client <- cw_client(run, people$oslo)
#' server <- cw_server(run)
#' server_invite(server)
#' invitation <- server_message(server, "1")
#' message_kind(invitation)
#' answer <- client_answer(client, invitation)
#' message_kind(answer)
#' client_info(client)$state
#' @export
cw_client <- function(run, identity, saved = NULL) {
  of_class(run, "cw_run", "run")
  of_class(identity, "cw_identity", "identity")
  if (!is.null(saved)) raw_bytes(saved, "saved")
  handle <- returned(.Call(C_cw_client_new, run$handle, identity$handle, saved))
  state <- new.env(parent = emptyenv())
  state$outcome <- NULL
  object("cw_client", handle, run = run, progress = state)
}

client_states <- c("idle", "advertised", "confirming", "ready", "begun", "masking", "masked", "acknowledged", "closed")

message_kinds <- c(
  advertise = 1L, confirm = 2L, masked = 3L, acknowledge = 4L, unmask = 5L, invite = 16L, keys = 17L, confirmations = 18L, begin = 19L,
  survivors = 20L, open = 21L, finished = 22L
)

#' @rdname cw_client
#' @export
message_kind <- function(message) {
  kind <- returned(.Call(C_cw_message_kind, raw_bytes(message, "message")))
  names(message_kinds)[[match(kind, message_kinds)]]
}

#' @rdname cw_client
#' @export
client_answer <- function(client, message, context = raw()) {
  of_class(client, "cw_client", "client")
  kind <- message_kind(message)
  handle <- client$handle
  answer <- switch(kind,
    invite = .Call(C_cw_client_advertise, handle, message, NULL),
    keys = .Call(C_cw_client_confirm, handle, message),
    confirmations = .Call(C_cw_client_accept, handle, message),
    begin = .Call(C_cw_client_begin, handle, message, sha256(raw_bytes(context, "context"))),
    survivors = .Call(C_cw_client_acknowledge, handle, message),
    open = .Call(C_cw_client_unmask, handle, message),
    finished = .Call(C_cw_client_finish, handle, message),
    raise("UNEXPECTED_KIND", paste("a client takes no message of kind", kind), "message")
  )
  answer <- returned(answer)
  if (kind == "finished") client$progress$outcome <- answer
  if (is.raw(answer)) answer else NULL
}

#' @rdname cw_client
#' @export
client_mask <- function(client, values) {
  of_class(client, "cw_client", "client")
  mask_with(client, values, NULL)
}

# `tape` is the generator of test vectors, NULL for that of the operating system.
mask_with <- function(client, values, tape) {
  run <- client$run
  if (run_private(run)) {
    return(returned(.Call(C_cw_client_mask_private, client$handle, run$handle, private_parts(run, values), tape)))
  }
  returned(.Call(C_cw_client_mask, client$handle, run$handle, segment_values(run, values), tape))
}

segment_values <- function(run, values) {
  if (!is.null(run$shape)) {
    return(list(flatten(run$shape, values)))
  }
  labels <- run_labels(run)
  if (!is.list(values) || is.data.frame(values) || !setequal(names(values), labels) || length(values) != length(labels)) {
    raise("INVALID_ARGUMENT", paste("expected a list of one vector for each of the labels", paste(labels, collapse = ", ")), "values")
  }
  lapply(labels, function(label) plain_vector(values[[label]], label))
}

# A vector that the library reads where it lies: doubles and integers without a copy. It refuses NA itself.
plain_vector <- function(x, argument) {
  if (is.factor(x)) raise("INVALID_ARGUMENT", "is a factor, which has no sum", argument)
  if (is.raw(x) || (is.numeric(x) && !is.object(x))) {
    return(x)
  }
  numeric_values(x, argument)
  as.double(x)
}

private_parts <- function(run, values) {
  mechanism <- run$about$mechanism
  several <- is.list(values) && !is.data.frame(values) && is.null(run$shape)
  if (mechanism$parts > 1 && !is.null(run$shape)) several <- is.list(values) && is.null(names(values))
  parts <- if (several) values else list(values)
  if (length(parts) != mechanism$parts) {
    text <- sprintf("has %d parts, and a contribution of this run has %s", length(parts), number_text(mechanism$parts))
    raise("INVALID_LENGTH", text, "values", bound = mechanism$parts)
  }
  lapply(parts, function(part) one_part(if (is.null(run$shape)) part else flatten(run$shape, part), mechanism$dimension, "values"))
}

#' @rdname cw_client
#' @export
client_save <- function(client) {
  of_class(client, "cw_client", "client")
  returned(.Call(C_cw_client_save, client$handle))
}

#' @rdname cw_client
#' @export
client_info <- function(client) {
  of_class(client, "cw_client", "client")
  info <- returned(.Call(C_cw_client_info, client$handle))
  info$state <- client_states[[info$state + 1L]]
  info["outcome"] <- list(client$progress$outcome)
  info$unconfirmed <- returned(.Call(C_cw_client_unconfirmed, client$handle))
  info
}

#' @export
print.cw_client <- function(x, ...) {
  if (!alive(x)) {
    return(NextMethod())
  }
  info <- client_info(x)
  cat(sprintf("<cw_client> member %s, %s, round %s\n", info$id, info$state, number_text(info$round)))
  invisible(x)
}
