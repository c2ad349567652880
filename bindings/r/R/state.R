# What a client keeps between two moments, in a file for its owner alone: the state of the protocol, the next number, and the answer that the server
# may not have. They are written together, before anything leaves: a client that is started again sends the same bytes, and masks nothing twice.

STATE_FORMAT <- "cloakwork-r-state/1"

# Opens the file of a stay; what it holds of this run, or NULL.
open_state <- function(stay, state) {
  stay$file <- path.expand(one_text(state, "state"))
  stay$lock <- returned(.Call(C_cw_private_lock, paste0(stay$file, ".lock")))
  content <- returned(.Call(C_cw_private_read, stay$file))
  if (is.null(content)) {
    return(NULL)
  }
  kept <- tryCatch(unserialize(content), error = function(e) NULL)
  if (!is.list(kept) || !identical(kept$format, STATE_FORMAT)) raise("CONFIGURATION", "the file holds no state of this package", "state")
  if (!identical(kept$hash, run_bytes(stay$run, "hash"))) {
    raise("CONFLICT", "the file belongs to another run; use a file for each", "state")
  }
  kept
}

# Keeps where the client is, with the answer that leaves next.
keep_state <- function(stay, outgoing) {
  if (is.null(stay$file)) {
    return(invisible(NULL))
  }
  kept <- list(
    format = STATE_FORMAT, hash = run_bytes(stay$run, "hash"), machine = client_save(stay$client), number = stay$next_message,
    outgoing = outgoing, needs_invitation = stay$needs_invitation
  )
  returned(.Call(C_cw_private_write, stay$file, serialize(kept, NULL)))
  invisible(NULL)
}

close_state <- function(stay) .Call(C_cw_private_unlock, stay$lock)
