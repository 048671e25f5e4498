package dev.howdah.api;

import static dev.howdah.api.model.ApiPaths.encode;

import dev.howdah.api.model.Connection;
import dev.howdah.api.model.Endpoint;
import java.util.Optional;

/** Writes connection strings. */
final class Connections {
    private static final String DATABASE = "postgres";
    private static final String SSL_MODE = "verify-full";

    private Connections() {}

    /** Without a password the strings have none, and programs ask for it or find it in their own places. */
    static Connection to(Installation installation, String user, Optional<String> password) {
        var ca = installation.caFile().toString();
        var uri = uri(installation.direct(), user, password, ca);
        return new Connection(
                installation.direct().host(),
                installation.direct().port(),
                installation.pooled().port(),
                user,
                DATABASE,
                SSL_MODE,
                ca,
                uri,
                uri(installation.pooled(), user, password, ca),
                jdbc(installation.direct(), user, password, ca),
                // Everything that a shell would read is percent-encoded in the address, so that single quotes are
                // enough.
                "psql '" + uri + "'");
    }

    private static String uri(Endpoint endpoint, String user, Optional<String> password, String ca) {
        var login = encode(user) + password.map(text -> ":" + encode(text)).orElse("");
        return "postgresql://%s@%s/%s?sslmode=%s&sslrootcert=%s"
                .formatted(login, endpoint, DATABASE, SSL_MODE, encodePath(ca));
    }

    private static String jdbc(Endpoint endpoint, String user, Optional<String> password, String ca) {
        return "jdbc:postgresql://%s/%s?user=%s%s&sslmode=%s&sslrootcert=%s"
                .formatted(
                        endpoint,
                        DATABASE,
                        encode(user),
                        password.map(text -> "&password=" + encode(text)).orElse(""),
                        SSL_MODE,
                        encodePath(ca));
    }

    /** A path is read more easily with its slashes, and in a query they may stay. */
    private static String encodePath(String text) {
        return encode(text).replace("%2F", "/");
    }
}
