//! Moments in time, in milliseconds.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
///
/// On the wire it is ISO 8601 in UTC with exactly three fraction digits and a `Z`: the Better Auth
/// client turns a string into a `Date` only if it has at most seven.
///
/// # Examples
///
/// ```
/// use multi_session::Timestamp;
///
/// let moment = Timestamp::from_unix_ms(1_763_896_161_802);
/// assert_eq!(moment.to_string(), "2025-11-23T11:09:21.802Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Takes milliseconds since the Unix epoch.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Gives milliseconds since the Unix epoch.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Gives the time from `earlier` to `self`, or zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Gives the moment `duration` later.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// Gives the moment `duration` earlier.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// Reads ISO 8601 with a date, a time, up to nine fraction digits and an offset, as RFC 3339 has it.
    pub fn parse(text: &str) -> Option<Self> {
        // RFC 3339 allows more digits than a nanosecond has. They would be cut off silently.
        let digits =
            text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| digits <= 9)?;
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(NANOS)).ok().map(Self)
    }

    /// Gives the date and the time in UTC; the epoch for moments outside the years 0000 to 9999.
    pub fn utc(self) -> OffsetDateTime {
        let (seconds, milliseconds) = (self.0.div_euclid(1_000), self.0.rem_euclid(1_000));
        let moment = OffsetDateTime::from_unix_timestamp(seconds).ok().filter(|moment| moment.year() >= 0);
        let moment = moment.and_then(|it| it.replace_millisecond(milliseconds.try_into().ok()?).ok());
        moment.unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// Nanoseconds in a millisecond.
const NANOS: i128 = 1_000_000;

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    /// Writes moments outside the years 0000 to 9999 as the epoch.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.utc();
        let (hour, minute, second, millisecond) = at.time().as_hms_milli();
        // Writing by hand: `write!` with seven numbers took an eighth of the time of `get-session`.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut put = |digits: Range<usize>, number: u32| {
            digits.rev().fold(number, |rest, at| {
                text[at] = b'0' + (rest % 10) as u8;
                rest / 10
            });
        };
        put(0..4, at.year().unsigned_abs());
        put(5..7, u8::from(at.month()).into());
        put(8..10, at.day().into());
        put(11..13, hour.into());
        put(14..16, minute.into());
        put(17..19, second.into());
        put(20..23, millisecond.into());
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a moment is ISO 8601 with date, time and offset"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_as_text() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_763_896_161_802, "2025-11-23T11:09:21.802Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp(ms)), "{text}");
        }
    }

    #[test]
    fn times_outside_the_calendar_become_the_epoch() {
        for ms in [-62_167_219_200_001, 253_402_300_800_000, i64::MIN, i64::MAX] {
            assert_eq!(Timestamp(ms).to_string(), "1970-01-01T00:00:00.000Z");
        }
    }

    #[test]
    fn times_are_read_with_their_offset_to_the_millisecond() {
        let moment = Some(Timestamp(1_763_896_161_802));
        for text in [
            "2025-11-23T11:09:21.802999999Z",
            "2025-11-23t11:09:21.802z",
            "2025-11-23T16:39:21.802+05:30",
            "2025-11-22T11:10:21.802-23:59",
        ] {
            assert_eq!(Timestamp::parse(text), moment, "{text}");
        }
        for text in [
            "",
            "2025-11-23",
            "2025-11-23T11:09:21",
            "2025-11-23T11:09:21.Z",
            "2025-11-23T11:09:21+0530",
            "2025-11-23T11:09:21+24:00",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:00:61Z",
            "2025-01-01T00:00:00.0000é",
            "+025-01-01T00:00:00Z",
            "2025-11-23T11:09:21.802Z ",
            "2025-11-23T11:09:21.0123456789Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text:?}");
        }
    }
}
