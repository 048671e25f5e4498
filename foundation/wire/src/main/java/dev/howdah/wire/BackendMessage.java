package dev.howdah.wire;

import static dev.howdah.base.Checks.require;

import java.util.List;
import java.util.Optional;

/** What a server may send. One record per row of the protocol's message table; type numbers are OIDs, formats 0 (text) or 1 (binary). */
public sealed interface BackendMessage {
    /** Everything with the tag {@code R}. */
    sealed interface Authentication extends BackendMessage {}

    record AuthenticationOk() implements Authentication {}

    record AuthenticationKerberosV5() implements Authentication {}

    record AuthenticationCleartextPassword() implements Authentication {}

    record AuthenticationMd5Password(ByteString salt) implements Authentication {
        public AuthenticationMd5Password {
            require(salt.size() == 4, "the salt of an MD5 password has 4 bytes, was " + salt.size());
        }
    }

    record AuthenticationGss() implements Authentication {}

    record AuthenticationGssContinue(ByteString data) implements Authentication {}

    record AuthenticationSspi() implements Authentication {}

    record AuthenticationSasl(List<String> mechanisms) implements Authentication {
        public AuthenticationSasl {
            mechanisms = List.copyOf(mechanisms);
        }
    }

    record AuthenticationSaslContinue(ByteString data) implements Authentication {}

    record AuthenticationSaslFinal(ByteString data) implements Authentication {}

    /** What a {@link InitialMessage.CancelRequest} must repeat. */
    record BackendKeyData(int processId, ByteString key) implements BackendMessage {
        public BackendKeyData {
            InitialMessage.requireCancelKey(key);
        }
    }

    record ParameterStatus(String name, String value) implements BackendMessage {}

    record ReadyForQuery(TransactionStatus status) implements BackendMessage {}

    record RowDescription(List<Field> fields) implements BackendMessage {
        public RowDescription {
            fields = List.copyOf(fields);
        }
    }

    /** One column of a result; table and column are 0 where the value is computed. */
    record Field(String name, int table, int column, int type, int typeSize, int typeModifier, int format) {}

    /** An empty value is NULL. */
    record DataRow(List<Optional<ByteString>> values) implements BackendMessage {
        public DataRow {
            values = List.copyOf(values);
        }
    }

    record CommandComplete(String tag) implements BackendMessage {}

    record EmptyQueryResponse() implements BackendMessage {}

    record ErrorResponse(Diagnostic diagnostic) implements BackendMessage {}

    record NoticeResponse(Diagnostic diagnostic) implements BackendMessage {}

    record NotificationResponse(int processId, String channel, String payload) implements BackendMessage {}

    record ParseComplete() implements BackendMessage {}

    record BindComplete() implements BackendMessage {}

    record CloseComplete() implements BackendMessage {}

    record PortalSuspended() implements BackendMessage {}

    record NoData() implements BackendMessage {}

    record ParameterDescription(List<Integer> types) implements BackendMessage {
        public ParameterDescription {
            types = List.copyOf(types);
        }
    }

    record CopyInResponse(int format, List<Integer> columnFormats) implements BackendMessage {
        public CopyInResponse {
            columnFormats = List.copyOf(columnFormats);
        }
    }

    record CopyOutResponse(int format, List<Integer> columnFormats) implements BackendMessage {
        public CopyOutResponse {
            columnFormats = List.copyOf(columnFormats);
        }
    }

    record CopyBothResponse(int format, List<Integer> columnFormats) implements BackendMessage {
        public CopyBothResponse {
            columnFormats = List.copyOf(columnFormats);
        }
    }

    record CopyData(ByteString data) implements BackendMessage {}

    record CopyDone() implements BackendMessage {}

    record FunctionCallResponse(Optional<ByteString> value) implements BackendMessage {}

    /** The version the server will speak instead, and the {@code _pq_.} options it does not know. */
    record NegotiateProtocolVersion(ProtocolVersion version, List<String> unknownOptions) implements BackendMessage {
        public NegotiateProtocolVersion {
            unknownOptions = List.copyOf(unknownOptions);
        }
    }

    /** Whether the session is in a transaction. */
    enum TransactionStatus {
        IDLE('I'),
        IN_TRANSACTION('T'),
        FAILED('E');

        private final char code;

        TransactionStatus(char code) {
            this.code = code;
        }

        char code() {
            return code;
        }
    }
}
