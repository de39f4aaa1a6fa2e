//! What a person recognises a session by.

use serde::{Deserialize, Serialize};

/// The form of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// A desktop or laptop computer.
    Desktop,
    /// A telephone.
    Phone,
    /// A tablet.
    Tablet,
    /// A television, or a box or stick behind one.
    Tv,
    /// A games console.
    Console,
    /// A headset that shows a world of its own.
    Headset,
    /// A program without a person in front of it.
    Program,
    /// Nothing is known.
    #[default]
    Unknown,
}

/// A user agent in a person's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// The browser with its major version, as in `Firefox 145`; empty when it is not known.
    pub browser: String,
    /// The operating system, as in `macOS`; empty when it is not known.
    pub os: String,
    /// The form of the device.
    pub kind: DeviceKind,
    /// Both in one line, as in `Firefox 145 on macOS`; `Unknown device` when neither is known.
    pub label: String,
}
