# Replays whole runs, message by message, and the messages that are refused in the place of valid ones.

check_sum <- function(run, server, transcript) {
  info <- server_info(server)
  round <- round_of(transcript, list(epoch = info$epoch, round = info$round))
  expect_identical(info$survivors, unlist(round$survivors))
  opened <- cloakwork:::server_residues(server)
  for (i in seq_along(round$sums)) {
    expect_identical(opened$residues[[i]], lanes(round$sums[[i]]$residues, run$about$segments$bits[[i]]))
  }
  sums <- cloakwork:::decode_sums(run, opened$residues, opened$rotation_seed)
  if (cloakwork:::run_private(run)) {
    expect_identical(opened$rotation_seed, bytes(round$rotation_seed))
    expect_identical(sums[[1L]], ieee(unlist(round$decoded)))
  } else {
    for (i in seq_along(round$sums)) {
      if (run$about$segments$encoding[[i]] == 1) expect_identical(sums[[i]], ieee_values(round$sums[[i]]$values))
    }
  }
  expect_identical(server_info(server)$outcome, round$outcome)
}

# The messages that are refused when they come too late, by their place.
late_ones <- function(vectors, to) {
  late <- list()
  for (entry in Filter(function(entry) entry$to == to, vectors$late_messages)) {
    key <- place(entry, entry$client)
    late[[key]] <- c(late[[key]], list(list(name = entry$name, message = bytes(entry$message), errors = unlist(entry$errors))))
  }
  late
}

# The messages that are refused in the place of a valid one, by their place in the transcript.
refusals <- function(vectors, to) {
  instead <- list()
  for (entry in Filter(function(entry) entry$to == to, vectors$messages)) {
    valid <- bytes(entry$valid)
    wrong <- lapply(entry$invalid, function(one) {
      tail <- valid[seq_along(valid) > one$at + one$cut]
      list(name = one$name, message = c(valid[seq_len(one$at)], bytes(one$put), tail), errors = unlist(one$errors))
    })
    key <- place(entry, entry$client)
    instead[[key]] <- c(instead[[key]], wrong)
  }
  instead
}

rounds <- c(
  "five", "three", "two_no_recovery", "four_no_recovery", "eight_sparse", "eight_two_passes", "five_no_recovery_sparse", "five_private",
  "three_private_no_recovery"
)

for (name in rounds) {
  test_that(paste("the run", name), {
    transcript <- load_vectors(file.path("round", paste0(name, ".json")))
    run <- transcript_run(transcript)
    players <- stats::setNames(lapply(transcript$clients, function(entry) player(run, entry)), vapply(transcript$clients, `[[`, "", "id"))
    for (entry in transcript$clients) expect_identical(run_neighbours(run, entry$id), unlist(entry$neighbours))
    server <- cw_server(run)
    for (step in transcript$steps) {
      enter_step(server, step, transcript)
      for (delivery in step$deliveries) {
        message <- bytes(delivery$message)
        if (step$step != "confirmations") expect_identical(server_message(server, delivery$id), message)
        answer <- play_step(players[[delivery$id]], step, message, transcript)
        expect_identical(answer, if (!is.null(delivery$answer)) bytes(delivery$answer))
        if (!is.null(delivery$answer) && !isTRUE(delivery$lost)) server_receive(server, delivery$id, answer)
      }
      if (any_lost(step) && server_info(server)$step != "sum") server_close_step(server)
      if (server_info(server)$step == "sum") check_sum(run, server, transcript)
    }
  })
}

for (name in c("canonical", "refusal", "refusal_sparse", "refusal_no_recovery")) {
  test_that(paste("what clients refuse:", name), {
    vectors <- load_vectors(paste0(name, ".json"))
    transcript <- load_vectors(vectors$transcript)
    instead <- refusals(vectors, "client")
    late <- late_ones(vectors, "client")
    run <- transcript_run(transcript)
    players <- stats::setNames(lapply(transcript$clients, function(entry) player(run, entry)), vapply(transcript$clients, `[[`, "", "id"))
    tried <- 0
    for (step in transcript$steps) {
      for (delivery in step$deliveries) {
        one <- players[[delivery$id]]
        for (wrong in instead[[place(step, delivery$id)]]) {
          before <- client_save(one$client)
          found <- status_of(play_step(one, step, wrong$message, transcript))
          expect_true(found %in% wrong$errors, info = paste(step$step, wrong$name, found))
          expect_identical(client_save(one$client), before)
          tried <- tried + 1
        }
        play_step(one, step, bytes(delivery$message), transcript)
        for (wrong in late[[place(step, delivery$id)]]) {
          before <- client_save(one$client)
          expect_true(status_of(every_step(one, wrong$message, transcript)) %in% wrong$errors, info = paste(step$step, wrong$name))
          expect_identical(client_save(one$client), before)
          tried <- tried + 1
        }
      }
    }
    expect_identical(tried, sum(lengths(instead), lengths(late)) + 0)
    expect_gt(tried, 0)
  })

  test_that(paste("what the server refuses:", name), {
    vectors <- load_vectors(paste0(name, ".json"))
    transcript <- load_vectors(vectors$transcript)
    instead <- refusals(vectors, "server")
    late <- late_ones(vectors, "server")
    server <- cw_server(transcript_run(transcript))
    tried <- 0
    for (step in transcript$steps) {
      enter_step(server, step, transcript)
      for (delivery in step$deliveries) {
        for (wrong in instead[[place(step, delivery$id)]]) {
          before <- server_info(server)
          found <- status_of(server_receive(server, delivery$id, wrong$message))
          expect_true(found %in% wrong$errors, info = paste(step$step, wrong$name, found))
          expect_identical(server_info(server), before)
          tried <- tried + 1
        }
        if (!is.null(delivery$answer) && !isTRUE(delivery$lost)) server_receive(server, delivery$id, bytes(delivery$answer))
        for (wrong in late[[place(step, delivery$id)]]) {
          before <- server_info(server)
          expect_true(status_of(server_receive(server, delivery$id, wrong$message)) %in% wrong$errors, info = paste(step$step, wrong$name))
          expect_identical(server_info(server), before)
          tried <- tried + 1
        }
      }
      if (any_lost(step) && server_info(server)$step != "sum") server_close_step(server)
      if (server_info(server)$step == "sum") .Call(cloakwork:::C_cw_server_finish, server$handle, 0L)
    }
    expect_identical(tried, sum(lengths(instead), lengths(late)) + 0)
  })
}
