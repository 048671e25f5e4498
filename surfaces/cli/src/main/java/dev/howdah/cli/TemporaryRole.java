package dev.howdah.cli;

import dev.howdah.api.model.ApiPaths;
import dev.howdah.api.model.CreateTemporaryRole;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The role behind {@code env} and {@code shell}: one per home, branch and operating-system user. Its password is kept in {@code run/}, in
 * a file only that user can read, and shown to the platform with every call, which then renews the role and keeps the password: a second
 * terminal does not end the first one's sessions.
 */
final class TemporaryRole {
    private final ApiOptions api;
    private final ApiClient client;
    private final String project;
    private final String branch;

    TemporaryRole(ApiOptions api, ApiClient client, BranchOption target) {
        this.api = api;
        this.client = client;
        this.project = target.project(api);
        this.branch = target.branch(api);
    }

    /** The role and its password as the API sent them; good for 24 hours from now. */
    JsonNode secret() {
        var known = knownPassword();
        var wanted = new CreateTemporaryRole("env:" + api.environment().account(), known);
        var answer = client.post(ApiPaths.temporaryRole(project, branch), wanted);
        var password = answer.path("password").asString("");
        if (!known.equals(Optional.of(password))) {
            write(password);
        }
        return answer;
    }

    private Optional<String> knownPassword() {
        var file = file();
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(file).strip()).filter(password -> !password.isEmpty());
        } catch (IOException _) {
            // As good as none: the platform then makes a new password.
            return Optional.empty();
        }
    }

    /** A file that cannot be written costs only that the next call makes a new password. */
    private void write(String password) {
        var file = file();
        try {
            Files.createDirectories(file.getParent());
            // Created for its owner alone, as all temporary files are.
            var temporary = Files.createTempFile(file.getParent(), "env", ".new");
            Files.writeString(temporary, password);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            api.output()
                    .remark("note: %s cannot be written (%s), so the next call makes a new password"
                            .formatted(file, e.getMessage()));
        }
    }

    private Path file() {
        var about = String.join(
                "\n",
                client.url().toString(),
                project,
                branch,
                api.environment().account());
        return api.home().resolve("run").resolve("env-" + hash(about));
    }

    private static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
