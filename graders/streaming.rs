//! What the labs between a gateway, a topic and a consumer share: fills and the events they become, the
//! ground a check stands on, records as they are read back, and poison.

pub(crate) mod envelope;
pub(crate) mod fills;
pub(crate) mod ground;
pub(crate) mod moving;
pub(crate) mod parking;
pub(crate) mod poison;
pub(crate) mod records;
