package dev.howdah.proxy;

import dev.howdah.proxy.sql.SqlText;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Between a client's encoding and its database's. Servers do that for everything else; notifications come to all clients over one connection,
 * in the database's encoding. Letters that the other side does not have become question marks.
 */
final class TextEncoding {
    private static final TextEncoding SAME = new TextEncoding(StandardCharsets.ISO_8859_1, StandardCharsets.ISO_8859_1);

    /** PostgreSQL's names where Java does not know them. Encodings of neither list are passed on as they are. */
    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("UNICODE", "UTF-8"),
            Map.entry("LATIN5", "ISO-8859-9"),
            Map.entry("LATIN7", "ISO-8859-13"),
            Map.entry("LATIN9", "ISO-8859-15"),
            Map.entry("LATIN10", "ISO-8859-16"),
            Map.entry("ISO_8859_5", "ISO-8859-5"),
            Map.entry("ISO_8859_6", "ISO-8859-6"),
            Map.entry("ISO_8859_7", "ISO-8859-7"),
            Map.entry("ISO_8859_8", "ISO-8859-8"),
            Map.entry("KOI8R", "KOI8-R"),
            Map.entry("KOI8U", "KOI8-U"),
            Map.entry("WIN866", "IBM866"),
            Map.entry("WIN874", "x-windows-874"),
            Map.entry("EUC_CN", "GB2312"),
            Map.entry("SJIS", "windows-31j"),
            Map.entry("UHC", "MS949"),
            Map.entry("JOHAB", "x-Johab"));

    private final Charset client;
    private final Charset server;

    private TextEncoding(Charset client, Charset server) {
        this.client = client;
        this.server = server;
    }

    /** @param client and {@code server} as PostgreSQL names them */
    static TextEncoding between(String client, String server) {
        if (client.equalsIgnoreCase(server) || isBytes(client) || isBytes(server)) {
            return SAME;
        }
        var ofClient = charset(client);
        var ofServer = charset(server);
        return ofClient.isEmpty() || ofServer.isEmpty() || ofClient.equals(ofServer)
                ? SAME
                : new TextEncoding(ofClient.get(), ofServer.get());
    }

    private static boolean isBytes(String name) {
        return name.isEmpty() || name.equalsIgnoreCase("SQL_ASCII");
    }

    private static Optional<Charset> charset(String postgresName) {
        var name = postgresName.toUpperCase(Locale.ROOT);
        var java = NAMES.getOrDefault(name, name.startsWith("WIN") ? "windows-" + name.substring(3) : name);
        return Charset.isSupported(java) ? Optional.of(Charset.forName(java)) : Optional.empty();
    }

    Notification toClient(Notification notification) {
        return this == SAME
                ? notification
                : notification.withTexts(new String(notification.texts(), server).getBytes(client));
    }

    /** A name in a client's text, as the database knows it; both one character per byte. */
    String toServer(String name) {
        if (this == SAME || SqlText.isAscii(name)) {
            return name;
        }
        var bytes = new String(SqlText.encode(name), client).getBytes(server);
        return SqlText.decode(bytes, 0, bytes.length);
    }
}
