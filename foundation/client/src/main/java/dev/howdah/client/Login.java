package dev.howdah.client;

import dev.howdah.base.PlatformException;
import dev.howdah.base.SqlState;
import dev.howdah.wire.BackendMessage;
import dev.howdah.wire.BackendMessage.Authentication;
import dev.howdah.wire.BackendMessage.AuthenticationOk;
import dev.howdah.wire.BackendMessage.AuthenticationSasl;
import dev.howdah.wire.BackendMessage.AuthenticationSaslContinue;
import dev.howdah.wire.BackendMessage.AuthenticationSaslFinal;
import dev.howdah.wire.BackendMessage.BackendKeyData;
import dev.howdah.wire.BackendMessage.ErrorResponse;
import dev.howdah.wire.BackendMessage.NegotiateProtocolVersion;
import dev.howdah.wire.BackendMessage.ReadyForQuery;
import dev.howdah.wire.InitialMessage.StartupMessage;
import dev.howdah.wire.ProtocolVersion;
import dev.howdah.wire.ScramClient;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From the startup packet to the first ReadyForQuery: by trust, by peer, or by SCRAM with a password. */
final class Login {
    private final MessageChannel channel;
    private final Optional<String> password;
    private Optional<BackendKeyData> key = Optional.empty();
    private @Nullable ScramClient scram;
    private boolean serverProven;

    Login(MessageChannel channel, Optional<String> password) {
        this.channel = channel;
        this.password = password;
    }

    /** Returns what a cancel request will need. */
    Optional<BackendKeyData> run(Map<String, String> startupParameters) throws IOException {
        channel.send(new StartupMessage(ProtocolVersion.V3_2, startupParameters));
        while (true) {
            switch (channel.receive()) {
                case Authentication authentication -> answer(authentication);
                case BackendKeyData keyData -> key = Optional.of(keyData);
                case NegotiateProtocolVersion _ -> {} // PostgreSQL 17 speaks 3.0, which differs in nothing used here
                case ErrorResponse(var diagnostic) -> throw new ServerException(diagnostic);
                case ReadyForQuery _ -> {
                    return key;
                }
                case BackendMessage other -> throw unexpected(other);
            }
        }
    }

    private void answer(Authentication request) throws IOException {
        switch (request) {
            case AuthenticationOk() -> requireProof();
            case AuthenticationSasl(var mechanisms) -> {
                scram = new ScramClient(requirePassword(), Optional.empty(), new SecureRandom());
                channel.send(scram.start(mechanisms));
            }
            case AuthenticationSaslContinue(var data) -> channel.send(scram().respond(data));
            case AuthenticationSaslFinal(var data) -> {
                scram().finish(data);
                serverProven = true;
            }
            case Authentication other ->
                throw new PlatformException(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "the server at %s asks for %s"
                                .formatted(channel.socket(), other.getClass().getSimpleName()),
                        "Use peer, trust or scram-sha-256 in pg_hba.conf.");
        }
    }

    /** A server that begins SCRAM and then waves us through without its proof may not be the one that knows the password. */
    private void requireProof() {
        if (scram != null && !serverProven) {
            throw unexpected(new AuthenticationOk());
        }
    }

    private ScramClient scram() {
        if (scram == null) {
            throw unexpected(new AuthenticationSasl(List.of()));
        }
        return scram;
    }

    private String requirePassword() {
        return password.orElseThrow(() -> new PlatformException(
                SqlState.INVALID_PASSWORD,
                "the server at %s asks for a password, and none was given".formatted(channel.socket()),
                ""));
    }

    static PlatformException unexpected(BackendMessage message) {
        return new PlatformException(
                SqlState.PROTOCOL_VIOLATION,
                "the server sent %s where the protocol has no place for it"
                        .formatted(message.getClass().getSimpleName()),
                "");
    }
}
