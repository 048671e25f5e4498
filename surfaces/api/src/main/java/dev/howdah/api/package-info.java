/** The REST API over the control plane. */
@NullMarked
package dev.howdah.api;

import org.jspecify.annotations.NullMarked;
