/** Real servers, a test clock and seeded random numbers for the tests of every module. */
@NullMarked
package dev.howdah.testkit;

import org.jspecify.annotations.NullMarked;
