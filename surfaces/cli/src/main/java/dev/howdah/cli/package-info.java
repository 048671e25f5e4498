/** Commands for people and scripts; every one of them calls the REST API. */
@NullMarked
package dev.howdah.cli;

import org.jspecify.annotations.NullMarked;
