# What the server shows of its state: rounds, runs, and everything at once for controllers.

ROUNDS_SHOWN <- 50L
REFUSALS_SHOWN <- 20L

round_shown <- function(live, number) {
  round <- round_known(live, number)
  list(
    round = number, state = round$state, participants = if (!is.null(round$participants)) I(round$participants),
    survivors = if (!is.null(round$survivors)) I(round$survivors), outcome = round$outcome,
    reason = if (!is.null(round$outcome)) outcome_text(round$outcome), requested = round$requested, begun = round$begun, ended = round$ended
  )
}

# A run in short.
run_in_short <- function(live) {
  list(
    run = hex(live$id), name = live$name, hash = hex(run_bytes(live$run, "hash")), created = live$created,
    state = if (live$closed) "closed" else "open", rounds = length(live$rounds)
  )
}

# A run with its members, its step and who is waited for.
run_shown <- function(live) {
  phase <- server_phase(live$machine)
  members <- run_members(live$run)
  states <- if (live$closed) rep("closed", nrow(members)) else member_states(live, phase)
  begun <- vapply(live$rounds, function(round) !is.null(round$begun), NA)
  shown <- list(
    run = hex(live$id), name = live$name, hash = hex(run_bytes(live$run, "hash")), created = live$created,
    state = if (live$closed) "closed" else "open", shares_results = live$shares_results, last_round = length(live$rounds),
    seconds_left = if (!is.null(live$deadline)) max(0, live$deadline - as.numeric(Sys.time())), new_setup_wanted = live$renew
  )
  if (!live$closed) {
    shown <- c(shown, list(step = phase$step, epoch = phase$epoch, round = max(0, which(begun)), passes = phase$pass))
    shown["noise"] <- list(noise_shown(live$run))
  }
  shown$members <- lapply(seq_len(nrow(members)), function(i) {
    list(id = members$id[[i]], name = members$name[[i]], fingerprint = members$fingerprint[[i]], state = states[[i]])
  })
  shown
}

# What each member is doing, in one word.
member_states <- function(live, phase) {
  lists <- server_info(live$machine)
  out <- left_out(live, lists$confirmed)
  in_round <- phase$step %in% c(ROUND_STEPS, "sum")
  vapply(live$run$ids, function(member) {
    if (member %in% lists$waiting) {
      "waited for"
    } else if (in_round && member %in% lists$survivors) {
      "answered"
    } else if (member %in% out) {
      "left out"
    } else if (in_round && member %in% lists$participants) {
      "dropped out"
    } else if (phase$step %in% SETUP_STEPS) {
      if (phase$step == "advertise" || member %in% lists$confirmed) "answered" else "absent"
    } else if (!(member %in% lists$confirmed)) {
      "absent"
    } else if (member %in% live$away) {
      "away"
    } else {
      "ready"
    }
  }, "", USE.NAMES = FALSE)
}

# What hides single records in the sums of a run: each member's noise, and how many honest members have theirs in every sum.
noise_shown <- function(run) {
  mechanism <- run$about$mechanism
  if (!is.null(mechanism)) {
    list(
      deviation = mechanism$noise * mechanism$granularity * sqrt(mechanism$parts), clip = mechanism$clip, parts = mechanism$parts,
      honest = mechanism$honest
    )
  }
}

# A run with its last rounds, whose parties are counted, and the last refusals.
run_in_full <- function(live) {
  rounds <- lapply(utils::head(rev(seq_along(live$rounds)), ROUNDS_SHOWN), function(number) {
    shown <- round_shown(live, number)
    for (name in c("participants", "survivors")) shown[name] <- list(if (!is.null(shown[[name]])) length(shown[[name]]))
    shown
  })
  c(run_shown(live), list(rounds = rounds, refusals = utils::head(rev(live$refusals), REFUSALS_SHOWN)))
}

# Everything that the server has, the open runs and the newest first.
status_shown <- function(host) {
  runs <- unname(host$runs)
  order <- order(vapply(runs, `[[`, NA, "closed"), -vapply(runs, `[[`, 0, "created"))
  list(version = version_text(host), time = as.numeric(Sys.time()), runs = lapply(runs[order], run_in_full))
}

# The version of the status: another one after every change.
version_text <- function(host) sprintf("%.0f", host$version)
