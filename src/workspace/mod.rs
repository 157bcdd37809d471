//! The learner's git repository: laid out, scaffolded, and the keeper of attempts.
