//! Programs that are not ours: started, watched, capped and ended by a supervisor of their own.
