# A client that gives the same values in every round. See --help.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[[1L]]))
source(file.path(here, "common.R"))

STATUS_LEFT <- 3L
INVITATION_SECONDS <- 60

given <- command_line(
  "%prog --invitation FILE --ca PEM --identity FILE --values FILE\n       %prog --new-identity FILE",
  list(
    make_option("--invitation", help = "file of the invitation line; it may appear within a minute"),
    make_option("--ca", help = "PEM file of the authority of the server's certificate"),
    make_option("--identity", help = "file of the client's identity"),
    make_option("--values", help = "file of numbers, one a line"),
    make_option("--leave-before", dest = "leave_before", help = "message before which the program ends with 3: begin, survivors or open"),
    make_option("--leave-round", dest = "leave_round", type = "integer", help = "in this round"),
    make_option("--new-identity", dest = "new_identity", help = "make an identity and print its fingerprint")
  )
)

if (!is.null(given$new_identity)) {
  tryCatch(
    {
      identity_save(identity_generate(), given$new_identity)
      cat(fingerprint(identity_load(given$new_identity)), "\n", sep = "")
    },
    error = report_and_end
  )
  quit(status = 0L)
}
need(given, c("invitation", "ca", "identity", "values"))
leaves <- !is.null(given$leave_before)
if (leaves != !is.null(given$leave_round)) wrong_usage("--leave-before and --leave-round belong together")
if (leaves && !(given$leave_before %in% c("begin", "survivors", "open"))) wrong_usage("--leave-before is begin, survivors or open")

wait_for_line <- function(path) {
  deadline <- Sys.time() + INVITATION_SECONDS
  while (!file.exists(path)) {
    if (Sys.time() >= deadline) stop("--invitation: the file did not appear within 60 s")
    Sys.sleep(0.1)
  }
  readLines(path, n = 1L, warn = FALSE)
}

on_event <- function(event) {
  if (leaves && event$what == given$leave_before && event$round == given$leave_round) quit(status = STATUS_LEFT)
  if (event$what == "ended") say(list(round = event$round, outcome = event$outcome))
  if (event$what %in% c("refused", "late")) cat("round ", event$round, ": ", event$text, "\n", sep = "", file = stderr())
}

tryCatch(
  {
    values <- scan(given$values, numeric(), quiet = TRUE)
    contribute <- function(round) if (is.null(round$run$about$mechanism)) list(values = values) else values
    line <- wait_for_line(given$invitation)
    # A demonstration: the run states its own promise, and this program keeps no account beyond it.
    budget <- if (!is.null(invited_run(line, given$identity, ca = given$ca)$about$mechanism)) privacy_budget(64, 1e-2)
    join_run(line, given$identity, contribute, ca = given$ca, budget = budget, on_event = on_event)
  },
  error = report_and_end
)
