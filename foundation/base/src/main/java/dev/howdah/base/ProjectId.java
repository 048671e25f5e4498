package dev.howdah.base;

import static dev.howdah.base.Checks.require;

import java.util.HexFormat;
import java.util.regex.Pattern;

/** The id of a project: {@code hd_} and 8 lower-case hexadecimal digits. */
public record ProjectId(String value) implements Comparable<ProjectId> {
    private static final Pattern FORM = Pattern.compile("hd_[0-9a-f]{8}");

    /** The reserved project that owns the platform's own branch {@link BranchId#CONTROL}. */
    public static final ProjectId PLATFORM = new ProjectId("hd_00000000");

    public ProjectId {
        require(isValid(value), "a project id is hd_ and 8 hexadecimal digits, was \"%s\"".formatted(value));
    }

    public static boolean isValid(String text) {
        return FORM.matcher(text).matches();
    }

    public static ProjectId of(int random) {
        return new ProjectId("hd_" + HexFormat.of().toHexDigits(random));
    }

    @Override
    public int compareTo(ProjectId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
