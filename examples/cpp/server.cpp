// The server: it adds the masked contributions up and learns their sums only. Ends on SIGTERM or SIGINT.
#include <cloakwork/http/keyfile.hpp>
#include <cloakwork/http/service.hpp>
#include <csignal>
#include <thread>

#include "program.hpp"

namespace cw = cloakwork;

namespace {

struct Arguments {
    std::string folder;
    int port = 0;
    std::vector<std::string> controllers;
};

cw::Identity own_identity(const std::string &path) {
    return std::ifstream(path) ? cw::http::load_identity(path) : cw::http::create_identity(path);
}

int serve(const Arguments &given) {
    // Blocked before any thread begins, so that all of them leave the signals to the one that waits for them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    cw::Identity identity = own_identity(given.folder + "/identity");
    const std::string fingerprint = cw::fingerprint(identity.public_key());
    cw::http::ServiceOptions options;
    options.certificate = given.folder + "/certificate.pem";
    options.key = given.folder + "/key.pem";
    options.controllers = given.controllers;
    cw::http::Service service(std::move(identity), options);
    const int port = service.bind("127.0.0.1", given.port);
    std::thread serving([&] { service.serve(); });
    std::cout << nlohmann::json{{"url", "https://localhost:" + std::to_string(port)}, {"fingerprint", fingerprint}}.dump() << std::endl;
    int signal = 0;
    sigwait(&ends, &signal);
    service.stop();
    serving.join();
    return 0;
}

} // namespace

int main(int count, char **words) {
    Arguments given;
    CLI::App line("Adds up the contributions of runs.", "server");
    line.add_option("--folder", given.folder, "holds certificate.pem and key.pem, and gets the server's identity")->required()->check(CLI::ExistingDirectory);
    line.add_option("--port", given.port, "port to listen on; 0 for any that is free")->required()->check(CLI::Range(0, 65535));
    line.add_option("--controller", given.controllers, "fingerprint of a controller; may be repeated")->required();
    return program::run(line, count, words, [&] { return serve(given); });
}
