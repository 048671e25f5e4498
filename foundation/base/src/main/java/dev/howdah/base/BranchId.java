package dev.howdah.base;

import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The id of a branch, what follows the last dot of a login name: 12 characters {@code [a-z0-9]}. Generated ids begin with a letter.
 * The platform's own branch is the one exception in form: {@code control}, reachable by no client.
 */
public record BranchId(String value) implements Comparable<BranchId> {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]{12}");
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";
    private static final String ALPHABET = LETTERS + "0123456789";

    /** The branch that holds the control database; see {@link ProjectId#PLATFORM}. */
    public static final BranchId CONTROL = new BranchId("control");

    public BranchId {
        if (!isValid(value)
                && !value.equals("control")) { // made at each login, so the message is made only when it is needed
            throw new IllegalArgumentException("a branch id is 12 characters a-z or 0-9, was \"%s\"".formatted(value));
        }
    }

    /** Whether a client may name a branch so; {@code control} is not such a name. */
    public static boolean isValid(String text) {
        return FORM.matcher(text).matches();
    }

    public static BranchId random(RandomGenerator random) {
        var rest = random.ints(11, 0, ALPHABET.length())
                .mapToObj(i -> ALPHABET.substring(i, i + 1))
                .collect(Collectors.joining());
        return new BranchId(LETTERS.charAt(random.nextInt(LETTERS.length())) + rest);
    }

    @Override
    public int compareTo(BranchId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
