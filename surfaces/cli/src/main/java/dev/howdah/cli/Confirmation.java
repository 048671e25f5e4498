package dev.howdah.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Asks before data is destroyed. */
final class Confirmation {
    private Confirmation() {}

    /** Returns when it is confirmed. A script cannot be asked, so it must say {@code --yes}. */
    static void require(ApiOptions api, boolean yes, String question) {
        if (yes) {
            return;
        }
        var environment = api.environment();
        if (!environment.inputIsTerminal() || !environment.errorIsTerminal()) {
            throw CliFailure.usage("this destroys data and needs --yes", "Asked was: " + question);
        }
        try (var progress = api.progress()) {
            progress.say(question + " [yes/no] ");
            var reader = new BufferedReader(new InputStreamReader(environment.input(), StandardCharsets.UTF_8));
            if (!"yes".equals(reader.readLine())) {
                throw CliFailure.failure("declined", "nothing was done", "");
            }
        } catch (IOException e) {
            throw CliFailure.failure("io_error", "the answer could not be read: " + e.getMessage(), "Use --yes.");
        }
    }
}
