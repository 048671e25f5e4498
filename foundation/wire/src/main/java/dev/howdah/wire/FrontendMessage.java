package dev.howdah.wire;

import java.util.List;
import java.util.Optional;

/** What a client may send once startup is over. One record per row of the protocol's message table; type numbers are OIDs, formats 0 (text) or 1 (binary). */
public sealed interface FrontendMessage {
    record Query(String sql) implements FrontendMessage {}

    record Parse(String statement, String sql, List<Integer> parameterTypes) implements FrontendMessage {
        public Parse {
            parameterTypes = List.copyOf(parameterTypes);
        }
    }

    /** An empty parameter is NULL. */
    record Bind(
            String portal,
            String statement,
            List<Integer> parameterFormats,
            List<Optional<ByteString>> parameters,
            List<Integer> resultFormats)
            implements FrontendMessage {
        public Bind {
            parameterFormats = List.copyOf(parameterFormats);
            parameters = List.copyOf(parameters);
            resultFormats = List.copyOf(resultFormats);
        }
    }

    record Describe(Target target, String name) implements FrontendMessage {}

    record Close(Target target, String name) implements FrontendMessage {}

    /** A row limit of 0 or less means all rows. */
    record Execute(String portal, int rowLimit) implements FrontendMessage {}

    record Flush() implements FrontendMessage {}

    record Sync() implements FrontendMessage {}

    record FunctionCall(
            int function, List<Integer> argumentFormats, List<Optional<ByteString>> arguments, int resultFormat)
            implements FrontendMessage {
        public FunctionCall {
            argumentFormats = List.copyOf(argumentFormats);
            arguments = List.copyOf(arguments);
        }
    }

    record CopyData(ByteString data) implements FrontendMessage {}

    record CopyDone() implements FrontendMessage {}

    record CopyFail(String reason) implements FrontendMessage {}

    record Terminate() implements FrontendMessage {}

    record PasswordMessage(String password) implements FrontendMessage {
        @Override
        public String toString() {
            return "PasswordMessage[]"; // not even its length belongs in a log
        }
    }

    /** An empty response asks the server to begin. */
    record SaslInitialResponse(String mechanism, Optional<ByteString> response) implements FrontendMessage {}

    record SaslResponse(ByteString data) implements FrontendMessage {}

    record GssResponse(ByteString data) implements FrontendMessage {}

    /** What Describe and Close are about. */
    enum Target {
        STATEMENT('S'),
        PORTAL('P');

        private final char code;

        Target(char code) {
            this.code = code;
        }

        char code() {
            return code;
        }
    }

    /** Which of the messages with the tag {@code p} comes next: only the course of the login tells them apart. */
    enum LoginStep {
        PASSWORD,
        SASL_INITIAL,
        SASL,
        GSS
    }
}
