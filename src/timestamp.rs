//! Moments in time, in milliseconds.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

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

    /// Reads ISO 8601 with a date, a time, up to nine fraction digits and an offset.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if bytes.len() < 20 || separators.iter().any(|(at, byte)| bytes[*at].to_ascii_uppercase() != *byte) {
            return None;
        }
        let (year, month, day) = (number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
        let (hour, minute, second) =
            (number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..19])?);
        let mut rest = &bytes[19..];
        let mut ms = 0;
        if let [b'.', digits @ ..] = rest {
            let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&len) {
                return None;
            }
            ms = (0..3).fold(0, |ms, at| ms * 10 + if at < len { i64::from(digits[at] - b'0') } else { 0 });
            rest = &digits[len..];
        }
        let (sign, hours, minutes) = match rest {
            [b'Z' | b'z'] => (0, 0, 0),
            [sign @ (b'+' | b'-'), h @ .., b':', m1, m2] if h.len() == 2 => {
                (if *sign == b'+' { 1 } else { -1 }, number(h)?, number(&[*m1, *m2])?)
            }
            _ => return None,
        };
        let days_of_month = match month {
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        };
        let valid = (1..=12).contains(&month)
            && (1..=days_of_month).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && hours < 24
            && minutes < 60;
        let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - sign * (hours * 60 + minutes);
        valid.then(|| Self((minutes * 60 + second) * 1000 + ms))
    }
}

const DAY: i64 = 24 * 60 * 60 * 1000;
/// The first moment of the year 10000.
const END: i64 = 253_402_300_800_000;
/// The first moment of the year 0.
const START: i64 = -62_167_219_200_000;

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// The days from 1970-01-01 to a date: years begin in March, so that the leap day is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// The year, month and day that are so many days from 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    /// Writes moments outside the years 0000 to 9999 as the epoch.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if (START..END).contains(&self.0) { self.0 } else { 0 };
        let (year, month, day) = date(at.div_euclid(DAY));
        let ms = at.rem_euclid(DAY);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (number, end, len) in [
            (year, 4, 4),
            (month, 7, 2),
            (day, 10, 2),
            (ms / 3_600_000, 13, 2),
            (ms / 60_000 % 60, 16, 2),
            (ms / 1000 % 60, 19, 2),
            (ms % 1000, 23, 3),
        ] {
            let mut rest = number;
            for place in text[end - len..end].iter_mut().rev() {
                *place = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
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
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    use time::macros::format_description;

    use super::*;

    fn by_time(ms: i64) -> String {
        let format =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).expect("a moment");
        moment.format(format).expect("a text")
    }

    fn holds(ms: i64) {
        let text = by_time(ms);
        assert_eq!(Timestamp(ms).to_string(), text);
        assert_eq!(Timestamp::parse(&text), Some(Timestamp(ms)), "{text}");
    }

    #[test]
    fn the_calendar_is_that_of_the_time_crate() {
        // It repeats after 400 years. Of the others some days are enough, and to format every one of them takes a minute.
        const CYCLE: i64 = 146_097;
        let days = START / DAY..END / DAY;
        days.clone().take(CYCLE as usize).for_each(|day| holds(day * DAY));
        for day in days.step_by(61) {
            holds(day * DAY);
            holds(day * DAY + DAY - 1);
        }
        let mut random = 1_u64;
        for _ in 0..10_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            holds(START + ((random >> 1) % (END - START) as u64) as i64);
        }
    }

    #[test]
    fn moments_outside_the_calendar_are_the_epoch() {
        for ms in [START - 1, END, i64::MIN, i64::MAX] {
            assert_eq!(Timestamp(ms).to_string(), "1970-01-01T00:00:00.000Z");
        }
    }

    #[test]
    fn texts_are_read_as_the_time_crate_reads_them() {
        for text in [
            "2025-11-23T11:09:21Z",
            "2025-11-23T11:09:21.8Z",
            "2025-11-23T11:09:21.802999999Z",
            "2025-11-23t11:09:21.802z",
            "2025-11-23T11:09:21.802+05:30",
            "2025-11-23T11:09:21.802-23:59",
            "2024-02-29T00:00:00Z",
            "2000-02-29T00:00:00Z",
            "",
            "2025-11-23",
            "2025-11-23T11:09:21",
            "2025-11-23T11:09:21.Z",
            "2025-11-23T11:09:21+0530",
            "2025-11-23T11:09:21+24:00",
            "2025-11-23T11:09:21+05:60",
            "2025-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-00T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:61Z",
            "2025-01-01T00:00:00Zz",
            "2025-01-01T00:00:00.0000é",
            "+025-01-01T00:00:00Z",
            "2025-11-23T11:09:21.802Z ",
        ] {
            let by_time = OffsetDateTime::parse(text, &Rfc3339)
                .ok()
                .and_then(|moment| i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok());
            assert_eq!(Timestamp::parse(text).map(Timestamp::unix_ms), by_time, "{text:?}");
        }
        assert_eq!(Timestamp::parse("2025-11-23T11:09:21.0123456789Z"), None, "ten digits");
    }
}
