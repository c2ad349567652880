# Replays what others may do wrong without being refused: what is answered, and how the round ends.

cases <- load_vectors("accepted.json")

is_at <- function(case, step, client) identical(place(case, case$client), place(step, client))

# Gives the message of a case, compares the answer, and has every later message of the case refused.
give <- function(one, case, transcript) {
  message <- bytes(case$message)
  if (!is.null(case$outcome)) {
    client_answer(one$client, message)
    return(expect_identical(client_info(one$client)$outcome, case$outcome))
  }
  answer <- every_step(one, message, transcript)
  expect_identical(answer, if (!is.null(case$answer)) bytes(case$answer))
  context <- bytes(Filter(function(round) round$epoch == case$epoch, transcript$rounds)[[1L]]$context)
  for (following in case$then) {
    before <- client_save(one$client)
    expect_true(status_of(every_step(one, bytes(following$message), transcript, context)) %in% unlist(following$errors), info = following$name)
    expect_identical(client_save(one$client), before)
  }
}

# The answer as it goes to the server in the place of that of the transcript.
replacement <- function(case, step, delivery) {
  in_round <- step$epoch == case$epoch && identical(step$round, case$round)
  for (answer in if (in_round) case$answers) {
    if (answer$step == step$step && answer$client == delivery$id) {
      return(bytes(answer$message))
    }
  }
  bytes(delivery$answer)
}

# How the round ends; where it ends well, with the sums of the transcript.
ending <- function(run, server, round) {
  if (server_info(server)$step == "sum") {
    opened <- tryCatch(cloakwork:::server_residues(server), cloakwork_crypto_error = function(e) NULL)
    for (i in if (is.null(opened)) integer() else seq_along(round$sums)) {
      expect_identical(opened$residues[[i]], lanes(round$sums[[i]]$residues, run$about$segments$bits[[i]]))
    }
  }
  server_info(server)$outcome
}

for (case in cases$to_client) {
  test_that(paste("a message to a client:", case$name), {
    transcript <- load_vectors(case$transcript)
    entry <- Filter(function(entry) entry$id == case$client, transcript$clients)[[1L]]
    one <- player(transcript_run(transcript), entry)
    given <- FALSE
    for (step in transcript$steps) {
      for (delivery in Filter(function(delivery) delivery$id == case$client, step$deliveries)) {
        if (is_at(case, step, case$client)) {
          give(one, case, transcript)
          given <- TRUE
        } else if (!given) {
          play_step(one, step, bytes(delivery$message), transcript)
        }
      }
    }
    expect_true(given)
  })
}

for (case in cases$to_server) {
  test_that(paste("answers to the server:", case$name), {
    transcript <- load_vectors(case$transcript)
    run <- transcript_run(transcript)
    server <- cw_server(run)
    outcome <- NULL
    for (step in transcript$steps) {
      if (!is.null(outcome)) break
      enter_step(server, step, transcript)
      for (delivery in step$deliveries) {
        if (is.null(delivery$answer) || isTRUE(delivery$lost)) next
        server_receive(server, delivery$id, replacement(case, step, delivery))
      }
      if (any_lost(step) && server_info(server)$step != "sum") server_close_step(server)
      # Without recovery nothing is opened: the sum follows the masked vectors.
      last <- step$step == "open" || server_info(server)$step == "sum"
      if (last && step$epoch == case$epoch && identical(step$round, case$round)) {
        outcome <- ending(run, server, round_of(transcript, step))
      } else if (server_info(server)$step == "sum") {
        .Call(cloakwork:::C_cw_server_finish, server$handle, 0L)
      }
    }
    expect_identical(outcome, case$outcome)
  })
}

for (case in cases$repeats) {
  test_that(paste("an answer that is repeated:", case$step), {
    transcript <- load_vectors(case$transcript)
    server <- cw_server(transcript_run(transcript))
    tried <- FALSE
    for (step in transcript$steps) {
      if (tried) break
      enter_step(server, step, transcript)
      for (delivery in step$deliveries) {
        if (!is.null(delivery$answer) && !isTRUE(delivery$lost)) server_receive(server, delivery$id, bytes(delivery$answer))
        if (is_at(case, step, delivery$id)) {
          before <- server_info(server)
          expect_false(server_receive(server, case$client, bytes(case$message)))
          expect_identical(server_info(server), before)
          tried <- TRUE
          break
        }
      }
      if (!tried && any_lost(step) && server_info(server)$step != "sum") server_close_step(server)
      if (!tried && server_info(server)$step == "sum") .Call(cloakwork:::C_cw_server_finish, server$handle, 0L)
    }
    expect_true(tried)
  })
}
