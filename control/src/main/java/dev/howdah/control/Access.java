package dev.howdah.control;

/** How much a token may do, each including the one before it. */
public enum Access {
    /** Lists and shows. */
    READ,
    /** Also changes what lies inside a project: branches and roles. */
    WRITE,
    /** Also makes and deletes projects and tokens. */
    ADMIN
}
