/** Desired state of projects, branches and roles, and the reconcilers that bring it about. */
@NullMarked
package dev.howdah.control;

import org.jspecify.annotations.NullMarked;
