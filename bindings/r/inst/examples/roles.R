# A server, three clients and a controller on this machine, each in a process of its own; this session is the controller.

library(cloakwork)

folder <- tempfile("cloakwork-")
dir.create(folder)
at <- function(name) file.path(folder, name)
sites <- c("oslo", "turin", "lyon")
for (name in c(sites, "office", "server")) identity_save(identity_generate(), at(name))
fingerprints <- vapply(sites, function(site) fingerprint(identity_load(at(site))), "")

in_background <- function(code, ...) {
  processx::process$new(file.path(R.home("bin"), "Rscript"), c("-e", sprintf(paste("library(cloakwork);", code), ...)))
}

# Without a certificate a server serves this machine alone.
server <- in_background(
  'serve("%s", "%s", port = 0, ready = function(server) writeLines(server$url, "%s"))', at("server"),
  fingerprint(identity_load(at("office"))), at("url")
)
deadline <- Sys.time() + 30
while (!(file.exists(at("url")) && length(readLines(at("url"))) == 1L) && Sys.time() < deadline) Sys.sleep(0.1)

study <- controller(readLines(at("url")), fingerprint(identity_load(at("server"))), at("office"))
run <- run_create(study, "ages", fingerprints, config_for(cw_shape(c(n = 0, age = 0))))
writeLines(invitation(run), at("invitation"))

clients <- lapply(sites, function(site) {
  in_background('join_run(readLines("%s"), "%s", function(round) c(n = 10, age = 504.5))', at("invitation"), at(site))
})
round <- round_run(run)
run_stop(run)
print(round)
stopifnot(round$sum == c(n = 30, age = 1513.5))

for (process in c(clients, server)) {
  process$interrupt()
  process$wait(5000)
}
