# Clients that are ended at the worst moments and go on from their state files: before they compute, and with a masked vector that is kept and
# not sent. The three of this run tolerate no dropout, so that each sum shows that all of them went on; and no set-up is made anew.

library(cloakwork)

folder <- tempfile("cloakwork-")
dir.create(folder)
at <- function(...) file.path(folder, paste0(...))
sites <- c("oslo", "turin", "lyon")
for (name in c(sites, "office", "server")) identity_save(identity_generate(), at(name))
fingerprints <- vapply(sites, function(site) fingerprint(identity_load(at(site))), "")

in_background <- function(code) {
  script <- tempfile(tmpdir = folder, fileext = ".R")
  writeLines(c("library(cloakwork)", code), script)
  processx::process$new(file.path(R.home("bin"), "Rscript"), script, stderr = at("errors"))
}

until <- function(condition, what, seconds = 60) {
  deadline <- Sys.time() + seconds
  while (!condition()) {
    if (Sys.time() > deadline) stop("nothing happened: ", what, "; ", paste(readLines(at("errors")), collapse = "; "))
    Sys.sleep(0.05)
  }
}

server <- in_background(sprintf(
  'serve("%s", "%s", port = 0, ready = function(server) writeLines(server$url, "%s"))', at("server"),
  fingerprint(identity_load(at("office"))), at("url")
))
until(function() file.exists(at("url")) && length(readLines(at("url"))) == 1L, "the server")
study <- controller(readLines(at("url")), fingerprint(identity_load(at("server"))), at("office"))
run <- run_create(study, "resumed", fingerprints, config_for(cw_shape(0), setup_seconds = 60, step_seconds = 60))
writeLines(invitation(run), at("invitation"))

join <- function(site, before = character()) {
  in_background(c(before, sprintf(
    'join_run(readLines("%s"), "%s", function(round) { %s; 7 }, state = "%s")', at("invitation"), at(site),
    sprintf('if (file.exists("%s") && unlink("%s") == 0) quit(status = 9)', at(site, "-ends-computing"), at(site, "-ends-computing")),
    at(site, "-state")
  )))
}

# Ends the process when the masked vector, kept already, is about to leave.
armed <- function(site) {
  c(
    'ask <- get("ask", asNamespace("cloakwork"))',
    'assignInNamespace("ask", function(stay, name, body = raw(), ...) {',
    sprintf('  if (name == "message_post" && message_kind(body) == "masked" && file.exists("%s")) quit(status = 9)', at(site, "-ends-sending")),
    "  ask(stay, name, body, ...)",
    '}, "cloakwork")'
  )
}

clients <- list(oslo = join("oslo"), turin = join("turin", armed("turin")), lyon = join("lyon"))
stopifnot(identical(round_run(run, seconds = 100)$sum, 21))

invisible(file.create(at("oslo-ends-computing"), at("turin-ends-sending")))
number <- round_start(run)
until(function() !clients$oslo$is_alive() && !clients$turin$is_alive(), "the clients did not end")
stopifnot(clients$oslo$get_exit_status() == 9, clients$turin$get_exit_status() == 9)
stopifnot(file.mode(at("oslo-state")) == as.octmode("600"))

# A second process with the same file is refused, and so is the file of another run's member.
unlink(at("turin-ends-sending"))
clients$oslo <- join("oslo")
clients$turin <- join("turin")
stopifnot(identical(round_wait(run, number, seconds = 100)$sum, 21))
second <- tryCatch(join_run(readLines(at("invitation")), at("lyon"), function(round) 7, state = at("lyon-state")), cloakwork_error = base::identity)
stopifnot(second$name == "CONFLICT", second$argument == "state")
stopifnot(identical(round_run(run, seconds = 100)$sum, 21))

shown <- cloakwork:::json_object(cloakwork:::request(run$connection, "run", run = run_bytes(run$run, "id"))$body)
stopifnot(shown$epoch == 1)
run_stop(run)
for (process in c(clients, server)) {
  process$interrupt()
  process$wait(10000)
}
cat("resumed\n")
