# A client of a transcript, which draws its random values from the tape of the vectors.

player <- function(run, entry) {
  state <- new.env()
  state$client <- cw_client(run, identity_of(entry$static_secret))
  state$tape <- bytes(entry$rng_tape)
  state$run <- run
  state$id <- entry$id
  state
}

# Gives a message to the client as the step is named; the answer. The tape goes on only when the message was taken.
play_step <- function(player, step, message, transcript) {
  handle <- player$client$handle
  returned <- cloakwork:::returned
  if (step$step == "invite") {
    answer <- returned(.Call(cloakwork:::C_cw_client_advertise, handle, message, player$tape))
    player$tape <- player$tape[-seq_len(32L)]
    return(answer)
  }
  if (step$step == "begin") {
    begun <- round_of(transcript, step)
    returned(.Call(cloakwork:::C_cw_client_begin, handle, message, cloakwork:::sha256(bytes(begun$context))))
    return(masked(player, begun))
  }
  answer <- switch(step$step,
    keys = .Call(cloakwork:::C_cw_client_confirm, handle, message),
    confirmations = .Call(cloakwork:::C_cw_client_accept, handle, message),
    survivors = .Call(cloakwork:::C_cw_client_acknowledge, handle, message),
    open = .Call(cloakwork:::C_cw_client_unmask, handle, message),
    finished = .Call(cloakwork:::C_cw_client_finish, handle, message)
  )
  answer <- returned(answer)
  if (is.raw(answer)) answer
}

round_of <- function(transcript, step) Filter(function(r) r$epoch == step$epoch && r$round == step$round, transcript$rounds)[[1L]]

masked <- function(player, begun) {
  input <- Filter(function(one) one$id == player$id, begun$inputs)[[1L]]
  run <- player$run
  values <- if (cloakwork:::run_private(run)) {
    lapply(input$parts, ieee)
  } else {
    stats::setNames(Map(function(segment, bits, encoding) {
      if (encoding == 0) lanes(segment$residues, bits) else ieee_values(segment$values)
    }, input$segments, run$about$segments$bits, run$about$segments$encoding), run$about$segments$label)
  }
  answer <- cloakwork:::mask_with(player$client, values, player$tape)
  threshold <- cloakwork:::run_number(run, "threshold")
  used <- (if (cloakwork:::run_private(run)) 32 * length(input$parts) else 0) + (if (threshold > 0) threshold * 32 + 16 else 0)
  player$tape <- player$tape[seq_along(player$tape) > used]
  answer
}

# Values of a fixed-point segment: text for people that R reads exactly, or their bits.
ieee_values <- function(values) vapply(values, function(value) if (is.list(value)) ieee(value$ieee754) else as.numeric(value), 0)

transcript_run <- function(transcript) cw_run_decode(bytes(transcript$description), bytes(transcript$roster))

# Prepares the server for a step.
enter_step <- function(server, step, transcript) {
  if (step$step == "invite") {
    while (server_info(server)$epoch < step$epoch) server_invite(server)
  } else if (step$step == "begin") {
    begun <- round_of(transcript, step)
    while (server_info(server)$round < step$round - 1) {
      server_begin(server)
      server_stop(server)
    }
    server_begin(server, bytes(begun$context), unlist(begun$participants))
  }
}

any_lost <- function(step) any(vapply(step$deliveries, function(delivery) isTRUE(delivery$lost), NA))

# Gives a message to the step that its kind is for; `context` is that of a round which the message begins.
every_step <- function(player, message, transcript, context = raw()) {
  # The second byte of a message is its kind, for kinds below 24.
  kind <- names(cloakwork:::message_kinds)[match(as.integer(message[[2L]]), cloakwork:::message_kinds)]
  if (kind == "begin") {
    cloakwork:::returned(.Call(cloakwork:::C_cw_client_begin, player$client$handle, message, cloakwork:::sha256(context)))
    return(NULL)
  }
  play_step(player, list(step = kind), message, transcript)
}

# Where in a transcript a message is.
place <- function(step, client) paste(step$step, step$epoch, step$round, client)
