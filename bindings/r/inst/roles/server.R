# A server that keeps its runs in memory. See --help.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[[1L]]))
source(file.path(here, "common.R"))

# optparse takes an option once; several controllers are several options.
arguments <- commandArgs(TRUE)
places <- which(arguments == "--controller")
controllers <- arguments[places + 1L]
rest <- if (length(places) > 0L) arguments[-c(places, places + 1L)] else arguments

parser <- OptionParser(
  usage = "%prog --folder DIR --port PORT --controller FINGERPRINT [--controller ...]",
  description = "Prints one line of JSON, url and fingerprint, when it listens; ends with SIGTERM or SIGINT.",
  option_list = list(
    make_option("--folder", help = "holds certificate.pem and key.pem, and gets identity"),
    make_option("--port", type = "integer", help = "to listen on; 0 for any free one")
  )
)
given <- tryCatch(parse_args(parser, rest), error = function(e) wrong_usage(conditionMessage(e)))
need(given, c("folder", "port"))
if (length(controllers) == 0L || anyNA(controllers)) wrong_usage("--controller is missing; see --help")

tryCatch(
  {
    file <- file.path(given$folder, "identity")
    if (!file.exists(file)) identity_save(identity_generate(), file)
    tls <- list(certificate = file.path(given$folder, "certificate.pem"), key = file.path(given$folder, "key.pem"))
    serve(identity_load(file), controllers, tls, port = given$port, ready = say)
  },
  interrupt = function(e) NULL,
  error = report_and_end
)
