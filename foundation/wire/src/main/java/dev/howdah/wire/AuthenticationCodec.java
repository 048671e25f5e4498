package dev.howdah.wire;

import static dev.howdah.wire.WireLimits.violation;

import dev.howdah.wire.BackendMessage.Authentication;
import dev.howdah.wire.BackendMessage.AuthenticationCleartextPassword;
import dev.howdah.wire.BackendMessage.AuthenticationGss;
import dev.howdah.wire.BackendMessage.AuthenticationGssContinue;
import dev.howdah.wire.BackendMessage.AuthenticationKerberosV5;
import dev.howdah.wire.BackendMessage.AuthenticationMd5Password;
import dev.howdah.wire.BackendMessage.AuthenticationOk;
import dev.howdah.wire.BackendMessage.AuthenticationSasl;
import dev.howdah.wire.BackendMessage.AuthenticationSaslContinue;
import dev.howdah.wire.BackendMessage.AuthenticationSaslFinal;
import dev.howdah.wire.BackendMessage.AuthenticationSspi;
import java.util.ArrayList;
import java.util.List;

/** The bodies of the messages with the tag {@code R}: a number that says which, then what belongs to it. */
final class AuthenticationCodec {
    private AuthenticationCodec() {}

    static Authentication decode(WireReader reader) {
        var kind = reader.int32();
        return switch (kind) {
            case 0 -> new AuthenticationOk();
            case 2 -> new AuthenticationKerberosV5();
            case 3 -> new AuthenticationCleartextPassword();
            case 5 -> new AuthenticationMd5Password(reader.bytes(4));
            case 7 -> new AuthenticationGss();
            case 8 -> new AuthenticationGssContinue(reader.rest());
            case 9 -> new AuthenticationSspi();
            case 10 -> new AuthenticationSasl(mechanisms(reader));
            case 11 -> new AuthenticationSaslContinue(reader.rest());
            case 12 -> new AuthenticationSaslFinal(reader.rest());
            default -> throw violation("authentication method %d not supported".formatted(kind));
        };
    }

    private static List<String> mechanisms(WireReader reader) {
        var mechanisms = new ArrayList<String>();
        for (var name = reader.cString(); !name.isEmpty(); name = reader.cString()) {
            mechanisms.add(name);
        }
        return mechanisms;
    }

    static void encode(Authentication message, WireWriter writer) {
        switch (message) {
            case AuthenticationOk() -> writer.int32(0);
            case AuthenticationKerberosV5() -> writer.int32(2);
            case AuthenticationCleartextPassword() -> writer.int32(3);
            case AuthenticationMd5Password(var salt) -> writer.int32(5).bytes(salt);
            case AuthenticationGss() -> writer.int32(7);
            case AuthenticationGssContinue(var data) -> writer.int32(8).bytes(data);
            case AuthenticationSspi() -> writer.int32(9);
            case AuthenticationSasl(var mechanisms) -> {
                writer.int32(10);
                mechanisms.forEach(writer::cString);
                writer.int8(0);
            }
            case AuthenticationSaslContinue(var data) -> writer.int32(11).bytes(data);
            case AuthenticationSaslFinal(var data) -> writer.int32(12).bytes(data);
        }
    }
}
