/** The REST contract: request and response records. */
@NullMarked
package dev.howdah.api.model;

import org.jspecify.annotations.NullMarked;
