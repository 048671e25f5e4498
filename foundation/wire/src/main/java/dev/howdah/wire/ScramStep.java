package dev.howdah.wire;

/** What a server does after one message of a SCRAM login. */
public sealed interface ScramStep {
    /** Send {@code AuthenticationSASLContinue} with these bytes and wait for the next {@code SASLResponse}. */
    record Challenge(ByteString data) implements ScramStep {}

    /**
     * The client proved that it knows the password: send {@code AuthenticationSASLFinal}, then {@code AuthenticationOk}.
     *
     * @param clientKey what the proof revealed; with it one can log in elsewhere as this user, so it is as secret as the password
     */
    record Verified(ByteString serverFinal, ByteString clientKey) implements ScramStep {}

    /** Wrong password, or nobody of that name: the two must be answered alike. */
    record Refused() implements ScramStep {}
}
