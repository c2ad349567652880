# One open run at the server: its state machine, its steps with their time limits, its messages and its rounds, all in memory (docs/http.md,
# sections 3 to 5).
#
# A run is an environment. Functions that may refuse do so before they change anything.

SETUP_STEPS <- c("advertise", "confirm")
ROUND_STEPS <- c("mask", "survive", "unmask")
# In the other steps no message is due.
MESSAGE_STEPS <- c("advertise", "confirm", "ready", "mask", "survive", "unmask", "finished")

live_run <- function(run, name, shares_results) {
  live <- new.env(parent = emptyenv())
  live$run <- run
  live$id <- run_bytes(run, "id")
  live$name <- name
  live$shares_results <- shares_results
  live$keys <- stats::setNames(run$ids, vapply(run_members(run)$fingerprint, function(text) hex(public_key(text)), ""))
  live$machine <- cw_server(run)
  live$created <- as.numeric(Sys.time())
  live$closed <- FALSE
  live$number <- 0
  live$outbox <- stats::setNames(rep(list(list()), length(run$ids)), run$ids)
  live$rounds <- list()
  live$taken <- new.env(parent = emptyenv())
  live$refusals <- list()
  live$away <- character()
  live$renew <- FALSE
  live$deadline <- NULL
  live$contexts <- list()
  live$results <- list()
  # What the service has to do: set its clock, tell those who wait, add up.
  live$changed <- FALSE
  live
}

RESULTS_KEPT <- 100L

# What members ask for.

# The message of this number for a member; NULL if it is still to come.
live_message <- function(live, member, number) {
  entries <- live$outbox[[member]]
  numbers <- vapply(entries, `[[`, 0, "number")
  found <- match(number, numbers)
  if (!is.na(found)) {
    return(entries[[found]]$message)
  }
  if (live$closed) raise("RUN_CLOSED", "the run is closed")
  later <- numbers[numbers > number]
  following <- if (length(later) > 0L) min(later) else if (number != live$number + 1) live$number + 1
  if (is.null(following)) {
    return(NULL)
  }
  text <- sprintf("message %.0f is void or not for you; ask for %.0f", number, following)
  raise("SUPERSEDED", text, next_number = following)
}

outbox_entry <- function(live, member, number) {
  for (entry in live$outbox[[member]]) {
    if (entry$number == number) {
      return(entry)
    }
  }
  NULL
}

# The context that a message announces to a member.
live_context <- function(live, member, number) {
  entry <- outbox_entry(live, member, number)
  round <- if (!is.null(entry) && entry$begins) live$rounds[[entry$round]]
  if (is.null(round) || round$state != "open") raise("NOT_FOUND", sprintf("message %.0f begins no round, or its round is over", number))
  round$context
}

# A member is there: it takes part in the next round, even if it missed a step before.
live_heard <- function(live, member) {
  if (member %in% live$away) {
    live$away <- setdiff(live$away, member)
    live$changed <- TRUE
  }
}

# Takes a message from a member; whether it counted.
live_receive <- function(live, member, message) {
  before <- server_phase(live$machine)
  receipt <- tryCatch(server_take(live$machine, member, message), cloakwork_error = function(error) {
    # The machine forgets the messages of set-up when a round begins; who sends one again was cut off before it had its answer.
    if (!is.null(live$taken[[taken_key(before$epoch, member, message)]])) {
      return(list(counted = FALSE))
    }
    stop(error)
  })
  if (receipt$counted) {
    if (!(before$step %in% ROUND_STEPS)) assign(taken_key(before$epoch, member, message), TRUE, envir = live$taken)
    live$changed <- TRUE
    entered(live, before)
    go_on_without_refusers(live)
  }
  receipt$counted
}

taken_key <- function(epoch, member, message) paste(epoch, member, hex(sha256(message)))

# Keeps why a member refused the message of this number, and goes on without it where nobody else is waited for.
live_refused <- function(live, member, number, accused, code, reason) {
  entry <- outbox_entry(live, member, number)
  if (is.null(entry)) raise("NOT_FOUND", sprintf("there is no message %.0f for you", number))
  if (!is.null(accused) && !(accused %in% live$run$ids)) raise("BAD_REQUEST", "the accused is no member", party = accused)
  phase <- server_phase(live$machine)
  there <- !is.null(accused) && accused %in% server_members(live$machine, "confirmed")
  if (code == statuses[["NOT_CONFIRMED"]] && entry$epoch == phase$epoch && !there) {
    # Its keys are not confirmed because it is not there.
    return(invisible(NULL))
  }
  live$changed <- TRUE
  told <- sum(vapply(live$refusals, function(known) known$member == member && known$epoch == entry$epoch && known$round == entry$round, NA))
  # Once for each neighbour that it may blame, and once more.
  if (told <= live$run$about$neighbours) {
    refusal <- list(
      epoch = entry$epoch, round = entry$round, member = member, accused = accused, code = code, reason = reason, time = as.numeric(Sys.time())
    )
    live$refusals <- c(live$refusals, list(refusal))
  }
  go_on_without_refusers(live)
}

# Who refused a message of this set-up (round 0) or round.
refusers <- function(live, phase) {
  round <- if (phase$step %in% ROUND_STEPS) phase$round else 0
  unique(unlist(lapply(live$refusals, function(known) if (known$epoch == phase$epoch && known$round == round) known$member)))
}

# Closes the present step when everybody whom it waits for has refused.
go_on_without_refusers <- function(live) {
  waiting <- server_members(live$machine, "waiting")
  if (length(waiting) > 0L && all(waiting %in% refusers(live, server_phase(live$machine)))) close_step(live)
}

# Who takes part in no round of this epoch: a member whose keys were not confirmed to more than half of its neighbours; an accusation that
# fewer share falls back on the accuser (docs/threat-model.md, section 5).
left_out <- function(live, confirmed) {
  epoch <- server_phase(live$machine)$epoch
  accusers <- list()
  for (known in live$refusals) {
    blames <- known$epoch == epoch && known$code == statuses[["NOT_CONFIRMED"]] && !is.null(known$accused)
    if (blames && all(c(known$member, known$accused) %in% confirmed) && known$member %in% run_neighbours(live$run, known$accused)) {
      accusers[[known$accused]] <- union(accusers[[known$accused]], known$member)
    }
  }
  found <- character()
  for (accused in names(accusers)) {
    neighbours <- intersect(confirmed, run_neighbours(live$run, accused))
    found <- union(found, if (2 * length(accusers[[accused]]) > length(neighbours)) accused else accusers[[accused]])
  }
  found
}

# A member has no keys: whether a new set-up will follow. Not when the present one still waits for this member.
live_setup_wanted <- function(live, member) {
  if (server_phase(live$machine)$step == "advertise" && member %in% server_members(live$machine, "waiting")) {
    return(FALSE)
  }
  live$changed <- TRUE
  live$renew <- TRUE
  TRUE
}

# What controllers ask for.

# Starts a round as soon as set-up allows; FALSE for a repeat.
live_start_round <- function(live, number, wanted, context) {
  last <- length(live$rounds)
  if (number <= last) {
    known <- live$rounds[[number]]
    if (!identical(known$wanted, wanted) || !identical(known$context_hash, sha256(context))) {
      raise("CONFLICT", sprintf("round %.0f was started with another context or other participants", number))
    }
    return(FALSE)
  }
  strangers <- setdiff(wanted, live$run$ids)
  if (length(strangers) > 0L) raise("BAD_REQUEST", "this participant is no member", party = strangers[[1L]])
  if (last > 0L && live$rounds[[last]]$state != "ended") raise("CONFLICT", sprintf("round %d is in progress; wait for its end or stop it", last))
  most <- run_number(live$run, "max_rounds")
  if (number != last + 1L || number > most) {
    raise("CONFLICT", sprintf("the next round has the number %d, and the run has %.0f", last + 1L, most))
  }
  live$changed <- TRUE
  live$rounds[[number]] <- list(
    round = number, state = "waiting", wanted = wanted, context = context, context_hash = sha256(context), requested = as.numeric(Sys.time())
  )
  # Results of long ago are not asked for any more.
  if (number > RESULTS_KEPT) live$rounds[[number - RESULTS_KEPT]]$result <- NULL
  proceed(live)
  TRUE
}

# Stops a round that waits or is open; one that has ended stays as it is.
live_stop_round <- function(live, number) {
  if (number < 1 || number > length(live$rounds)) raise("NOT_FOUND", sprintf("there is no round %.0f", number))
  state <- live$rounds[[number]]$state
  if (state == "ended") {
    return(invisible(NULL))
  }
  live$changed <- TRUE
  if (state == "waiting") {
    end_round(live, number, statuses[["STOPPED"]])
    live$deadline <- NULL
    return(invisible(NULL))
  }
  before <- server_phase(live$machine)
  server_stop(live$machine)
  entered(live, before)
}

live_close <- function(live) {
  last <- length(live$rounds)
  if (last > 0L && live$rounds[[last]]$state != "ended") live_stop_round(live, last)
  live$closed <- TRUE
  live$deadline <- NULL
  live$changed <- TRUE
}

# What time and the sum bring.

live_invite <- function(live) {
  live$changed <- TRUE
  before <- server_phase(live$machine)
  server_invite(live$machine)
  live$renew <- FALSE
  live$taken <- new.env(parent = emptyenv())
  live$outbox <- lapply(live$outbox, function(entries) list())
  entered(live, before)
}

close_step <- function(live) {
  live$changed <- TRUE
  before <- server_phase(live$machine)
  if (before$step %in% ROUND_STEPS) {
    # Who refused is there.
    live$away <- union(live$away, setdiff(server_members(live$machine, "waiting"), refusers(live, before)))
  }
  tryCatch(server_close_step(live$machine), cloakwork_protocol_error = function(error) {
    # A set-up that fails for want of members takes the machine back to idle; that is no error here.
    if (error$name != "TOO_FEW_INPUTS" || server_phase(live$machine)$step != "idle") stop(error)
  })
  entered(live, before)
}

# Adds up the round whose sum is due.
live_sum <- function(live) {
  before <- server_phase(live$machine)
  if (live$closed || before$step != "sum") {
    return(invisible(NULL))
  }
  live$changed <- TRUE
  opened <- tryCatch(server_residues(live$machine), cloakwork_error = function(error) NULL)
  if (!is.null(opened)) live$rounds[[before$round]]$result <- result_bytes(live$run, opened)
  entered(live, before)
}

# Does what a new step needs: messages, a time limit, the end of a round, the next thing to do.
entered <- function(live, before) {
  phase <- server_phase(live$machine)
  if (identical(phase[c("step", "epoch", "round", "pass")], before[c("step", "epoch", "round", "pass")])) {
    return(invisible(NULL))
  }
  if (phase$step %in% MESSAGE_STEPS) hand_out(live, phase)
  live$deadline <- if (phase$step %in% ROUND_STEPS || (phase$step %in% SETUP_STEPS && !is.null(waiting_round(live)))) {
    as.numeric(Sys.time()) + step_limit(live, phase$step)
  }
  switch(phase$step,
    finished = end_round(live, phase$round, phase$outcome),
    ready = proceed(live),
    idle = setup_failed(live)
  )
  invisible(NULL)
}

hand_out <- function(live, phase) {
  live$number <- live$number + 1
  in_setup <- phase$step %in% c(SETUP_STEPS, "ready")
  for (member in live$run$ids) {
    message <- server_message(live$machine, member)
    if (!is.null(message)) {
      entry <- list(
        number = live$number, epoch = phase$epoch, round = if (in_setup) 0 else phase$round, begins = phase$step == "mask", message = message
      )
      live$outbox[[member]] <- c(live$outbox[[member]], list(entry))
    }
  }
}

waiting_round <- function(live) {
  last <- length(live$rounds)
  if (last > 0L && live$rounds[[last]]$state == "waiting") live$rounds[[last]]
}

# Takes the round that waits a step further.
proceed <- function(live) {
  waiting <- waiting_round(live)
  if (is.null(waiting)) {
    return(invisible(NULL))
  }
  step <- server_phase(live$machine)$step
  if (step %in% SETUP_STEPS) {
    if (is.null(live$deadline)) live$deadline <- as.numeric(Sys.time()) + step_limit(live, step)
  } else if (step == "idle" || live$renew) {
    live_invite(live)
  } else {
    begin_waiting(live, waiting)
  }
}

begin_waiting <- function(live, waiting) {
  number <- waiting$round
  failure <- statuses[["TOO_FEW_INPUTS"]]
  for (participants in choices(live, waiting$wanted)) {
    begun <- tryCatch(
      {
        # The machine counts its rounds by itself; rounds that ended before they began pass empty.
        while (server_phase(live$machine)$round < number - 1) {
          server_begin(live$machine)
          server_stop(live$machine)
        }
        server_begin(live$machine, waiting$context, participants)
      },
      cloakwork_error = identity
    )
    if (inherits(begun, "condition")) {
      failure <- begun$status
      next
    }
    # Messages of earlier rounds are void now; those of set-up may still be on their way.
    live$outbox <- lapply(live$outbox, function(entries) Filter(function(entry) entry$round == 0, entries))
    live$rounds[[number]] <- utils::modifyList(
      live$rounds[[number]], list(state = "open", begun = as.numeric(Sys.time()), participants = participants)
    )
    entered(live, list())
    return(invisible(NULL))
  }
  end_round(live, number, failure)
}

# Whom to begin a round with: those the controller names; else those who are there, else all who have keys.
choices <- function(live, wanted) {
  if (!is.null(wanted)) {
    return(list(wanted))
  }
  confirmed <- server_members(live$machine, "confirmed")
  able <- setdiff(confirmed, left_out(live, confirmed))
  there <- setdiff(able, live$away)
  if (identical(there, able)) list(able) else list(there, able)
}

end_round <- function(live, number, outcome) {
  changes <- list(state = "ended", outcome = as.integer(outcome), ended = as.numeric(Sys.time()), context = NULL)
  if (live$rounds[[number]]$state == "open") changes$survivors <- server_members(live$machine, "survivors")
  live$rounds[[number]] <- utils::modifyList(live$rounds[[number]], changes)
}

# Too few members took part: a waiting round ends for that, and everybody is invited again, without haste.
setup_failed <- function(live) {
  waiting <- waiting_round(live)
  if (!is.null(waiting)) end_round(live, waiting$round, statuses[["TOO_FEW_INPUTS"]])
  live_invite(live)
}

step_limit <- function(live, step) run_number(live$run, if (step %in% SETUP_STEPS) "setup_seconds" else "step_seconds")
