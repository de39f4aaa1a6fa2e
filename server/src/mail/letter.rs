//! What mails say: the one place with their words.
//!
//! A mail says nothing that somebody else could have written: not even the name of the account, as anybody can make
//! one with any name for any address. What a browser says of itself is a label from our own table, escaped all the
//! same. Each has exactly one link.

use std::fmt::Write;

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use multi_session::http::SessionHttp;
use multi_session::{Letter, MailKind, Purpose, Timestamp};
use url::form_urlencoded;

/// The words of one mail.
struct Words {
    subject: &'static str,
    /// Before the facts.
    says: &'static str,
    /// Between the facts and the link.
    then: &'static str,
    link: &'static str,
    /// Below the link.
    finally: &'static str,
}

const fn words(kind: MailKind) -> Words {
    match kind {
        MailKind::PasswordReset => Words {
            subject: "Choose a new password",
            says: "Somebody asked for a new password for the account with this address.",
            then: "If it was you, choose one now. It works once, within 30 minutes, and signs you out on every device.",
            link: "Choose a new password",
            finally: "If it was not you, there is nothing to do: your password stays as it is.",
        },
        MailKind::NewDevice => Words {
            subject: "New sign-in to your account",
            says: "Your account was signed in to from a browser that has not been seen there before.",
            then: "If it was you, there is nothing to do. If not, say so: every device is signed out, and you choose a \
                   new password.",
            link: "This wasn't me",
            finally: "The link shows what will happen and asks once more. It works once, within 7 days.",
        },
        MailKind::PasswordLocked => Words {
            subject: "Choose a new password",
            says: "A sign-in to your account was reported as not yours. Other devices were signed out, and your \
                   password signs nobody in any more.",
            then: "Choose a new one now. It works once, within 30 minutes, and signs you out on every device.",
            link: "Choose a new password",
            finally: "If it is too late, ask for another mail by \"Forgot your password?\" on the sign-in page. If it \
                      was not you who reported it, choose a new password all the same: then only you are in.",
        },
        MailKind::PasswordChanged => Words {
            subject: "Your password was changed",
            says: "The password of your account was changed.",
            then: "If it was you, there is nothing to do. If not, say so: every device is signed out, and you choose a \
                   new password.",
            link: "This wasn't me",
            finally: "The link shows what will happen and asks once more. It works once, within 7 days.",
        },
        _ => Words {
            subject: "About your account",
            says: "Something has happened to your account.",
            then: "This link says more.",
            link: "See what it is",
            finally: "It works once.",
        },
    }
}

/// Writes a mail.
pub(super) fn written(
    letter: &Letter,
    from: Mailbox,
    base_url: &str,
) -> Result<Message, lettre::error::Error> {
    let words = words(letter.kind);
    let facts = facts(letter);
    let link = link(letter, base_url);
    let domain = from.email.domain().to_owned();
    // Never the name: it would be for whoever made the account to choose.
    let to = letter.to.parse().map(|address| Mailbox::new(None, address));
    let to = to.map_err(|_| lettre::error::Error::MissingTo)?;
    Message::builder()
        .from(from)
        .to(to)
        .subject(words.subject)
        .message_id(Some(format!("<{}@{domain}>", letter.id())))
        // Nobody's absence is answered to it (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(
            plain(&words, &facts, &link),
            html(&words, &facts, &link),
        ))
}

/// Where the link leads.
fn link(letter: &Letter, base_url: &str) -> String {
    let token = letter.token.to_text();
    match (letter.kind.purpose(), &letter.redirect_to) {
        (Purpose::NotMe, _) => format!("{base_url}/not-me?token={token}"),
        (_, None) => format!("{base_url}/reset-password?token={token}"),
        (_, Some(to)) => {
            let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
            format!("{base_url}{}/reset-password/{token}?callbackURL={to}", SessionHttp::API_PATH)
        }
    }
}

/// What is known of the device, each with its name.
fn facts(letter: &Letter) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(device) = &letter.device {
        facts.push(("Device", one_line(&device.label)));
        let address = one_line(&letter.ip_address);
        facts.push(("Address", if address.is_empty() { "unknown".to_owned() } else { address }));
        // No more than near: the database knows where networks are, not people.
        facts.extend(letter.place.as_deref().map(|place| ("Place", one_line(&format!("near {place}")))));
    }
    if letter.device.is_some() || letter.kind == MailKind::PasswordChanged {
        facts.push(("Time", readable(letter.at)));
    }
    facts
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// As in `24 November 2026, 04:12 UTC`.
fn readable(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = at.to_string();
    let month = text[5..7].parse().ok().and_then(|month: usize| MONTHS.get(month - 1)).unwrap_or(&"");
    format!("{} {month} {}, {} UTC", text[8..10].trim_start_matches('0'), &text[..4], &text[11..16])
}

fn plain(words: &Words, facts: &[(&str, String)], link: &str) -> String {
    let Words { says, then, link: name, finally, .. } = words;
    let mut text = format!("{says}\r\n\r\n");
    for (name, value) in facts {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !facts.is_empty() {
        text.push_str("\r\n");
    }
    let _ = write!(text, "{then}\r\n\r\n{name}:\r\n{link}\r\n\r\n{finally}\r\n");
    text
}

fn html(words: &Words, facts: &[(&str, String)], link: &str) -> String {
    let Words { subject, says, then, link: name, finally } = words;
    let mut rows = String::new();
    for (name, value) in facts {
        let _ = write!(
            rows,
            "<tr><td style=\"padding:2px 16px 2px 0;color:#5f6673\">{name}</td><td style=\"padding:2px 0\">{}</td></tr>",
            escaped(value)
        );
    }
    let facts = if rows.is_empty() {
        rows
    } else {
        format!("<table style=\"margin:16px 0;font-size:15px\">{rows}</table>")
    };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" \
         content=\"light dark\"><title>{subject}</title></head>\
         <body style=\"margin:0;padding:24px;font-family:system-ui,sans-serif;font-size:16px;line-height:1.5\">\
         <div style=\"max-width:480px;margin:0 auto\"><h1 style=\"font-size:20px;margin:0 0 12px\">{subject}</h1>\
         <p>{says}</p>{facts}<p>{}</p><p style=\"margin:24px 0\"><a href=\"{}\" style=\"display:inline-block;\
         padding:11px 20px;border-radius:8px;background:#2f5bd7;color:#ffffff;text-decoration:none;font-weight:600\">\
         {}</a></p><p style=\"color:#5f6673;font-size:14px\">{}</p></div></body></html>",
        escaped(then),
        escaped(link),
        escaped(name),
        escaped(finally),
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_readable() {
        assert_eq!(readable(Timestamp::from_unix_ms(1_795_493_543_000)), "24 November 2026, 04:12 UTC");
        assert_eq!(readable(Timestamp::from_unix_ms(0)), "1 January 1970, 00:00 UTC");
    }

    #[test]
    fn what_a_browser_says_of_itself_is_text_and_nothing_else() {
        let facts = [("Device", one_line("<a href=\"https://evil.example\">x</a>\r\nBcc: eve@example.org"))];
        for &kind in MailKind::ALL {
            let page = html(&words(kind), &facts, "https://id.example.org/x?token=a&callbackURL=b");
            assert_eq!(page.matches("<a ").count(), 1, "{page}");
            assert!(page.contains("token=a&amp;callbackURL=b") && !page.contains("\"https://evil"));
            let text = plain(&words(kind), &facts, "https://id.example.org/x");
            assert!(!text.contains("\r\nBcc"), "{text}");
            assert_eq!(text.matches("https://id.").count(), 1);
        }
    }
}
