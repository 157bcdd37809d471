//! v1 says on every answer that it goes, when, and where to turn; nothing else says so.

use std::time::{SystemTime, UNIX_EPOCH};

use mastery_kit::{
    bench::Bench,
    probe::http::Answer,
    random::Random,
    verdict::{Failure, Mismatch, Outcome},
};
use serde_json::json;

use crate::rest_api::{
    acts::Api,
    drafts::{Accounts, V1Draft, V2Draft, unknown_like},
    links::{Link, Place, links, resolve},
};

const FIELDS: [&str; 3] = ["Deprecation", "Sunset", "Link"];

/// Answers under `/v1/` of as many kinds as there are, whatever their statuses are.
async fn answers_of_v1(
    api: &Api,
    random: &mut Random,
    account: &str,
) -> Result<Vec<Answer>, Failure> {
    let http = &api.http;
    let draft = V1Draft::draw(random, account);
    let (made, id) = api.create_v1(&draft).await?;
    let unknown = unknown_like(random, &id);
    let typed = |kind: &str| http.post("/v1/orders").body(kind, draft.body());
    let mut answers = vec![made];
    for request in [
        http.get(&format!("/v1/orders/{id}")),
        http.head(&format!("/v1/orders/{id}")),
        http.get(&format!("/v1/orders?account_id={account}")),
        http.delete(&format!("/v1/orders/{id}")),
        http.get("/v1/orders"),
        http.post("/v1/orders").body("application/json", "{"),
        http.post("/v1/orders").json(&json!({"side": "HOLD"})),
        http.get(&format!("/v1/orders/{unknown}")),
        http.delete(&format!("/v1/orders/{unknown}")),
        http.get(&format!("/v1/{}", random.word(6))),
        http.request("PUT", "/v1/orders"),
        http.get(&format!("/v1/orders/{id}"))
            .header("Accept", "text/html"),
        typed("text/plain"),
    ] {
        answers.push(request.send().await?);
    }
    Ok(answers)
}

async fn of_v1(bench: &mut Bench, check: &str) -> Result<(Api, Vec<Answer>), Failure> {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of(check)?.draw(random);
    let answers = answers_of_v1(&api, random, &account).await?;
    Ok((api, answers))
}

/// The field, which a check before has seen on every answer.
fn field(answer: &Answer, name: &str) -> Result<String, Mismatch> {
    let found = answer.field(name).unwrap_or_default();
    if !found.is_empty() {
        return Ok(found);
    }
    let (status, label) = (answer.status_text(), answer.label());
    let summary = format!("Your {status} to {label} has no {name}.");
    Err(answer.wrong(summary, format!("{name}: …"), format!("no {name}")))
}

pub(crate) async fn v1_is_deprecated_everywhere(bench: &mut Bench) -> Outcome {
    let (_, answers) = of_v1(bench, "v1_is_deprecated_everywhere").await?;
    for answer in &answers {
        for name in FIELDS {
            field(answer, name)?;
        }
    }
    Ok(())
}

/// An RFC 9651 Date as seconds since 1970; parameters behind it mean nothing here.
fn date_item(text: &str) -> Option<i64> {
    let item = text.split(';').next()?.trim();
    let digits = item.strip_prefix('@')?;
    let bare = digits.strip_prefix('-').unwrap_or(digits);
    let is_integer = (1..=15).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit());
    is_integer.then(|| digits.parse().ok()).flatten()
}

/// An IMF-fixdate as seconds since 1970.
fn imf_fixdate(text: &str) -> Option<i64> {
    let time: SystemTime = httpdate::parse_http_date(text).ok()?;
    // The crate reads the two obsolete forms as well; what it writes is the one that is asked for.
    if httpdate::fmt_http_date(time) != text {
        return None;
    }
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

pub(crate) async fn deprecation_is_a_date(bench: &mut Bench) -> Outcome {
    let (_, answers) = of_v1(bench, "deprecation_is_a_date").await?;
    for answer in &answers {
        let text = field(answer, "Deprecation")?;
        if date_item(&text).is_some() {
            continue;
        }
        let why = match text.as_str() {
            "true" | "?1" => "the form of the drafts, which says no date",
            other if other.contains(',') => "a list or an HTTP-date, not an Item",
            other if other.starts_with('@') => "no integer behind its @",
            _ => "no Date of structured fields, which begins with @",
        };
        let summary = format!("Your Deprecation `{text}` is {why}.");
        let expected = "Deprecation: @<Unix seconds>, such as @1767225600";
        return Err(answer
            .wrong(summary, expected, format!("Deprecation: {text}"))
            .into());
    }
    Ok(())
}

pub(crate) async fn sunset_is_not_before_deprecation(bench: &mut Bench) -> Outcome {
    let (_, answers) = of_v1(bench, "sunset_is_not_before_deprecation").await?;
    for answer in &answers {
        let text = field(answer, "Sunset")?;
        let Some(sunset) = imf_fixdate(&text) else {
            let summary = format!("Your Sunset `{text}` is no IMF-fixdate (RFC 9110 §5.6.7).");
            let expected =
                "Sunset: a date such as Fri, 01 Jan 2027 00:00:00 GMT, with its right weekday";
            return Err(answer
                .wrong(summary, expected, format!("Sunset: {text}"))
                .into());
        };
        let told = field(answer, "Deprecation")?;
        let Some(deprecation) = date_item(&told).filter(|from| sunset < *from) else {
            continue; // whether Deprecation has its form is the fact of another check
        };
        let days = (deprecation - sunset) / 86_400;
        let hours = (deprecation - sunset) % 86_400 / 3600;
        let summary = format!(
            "Your Sunset lies {days} days and {hours} hours before your Deprecation: v1 would be gone before it is deprecated."
        );
        let instant = u64::try_from(deprecation).unwrap_or(0);
        let instant = UNIX_EPOCH + std::time::Duration::from_secs(instant);
        let expected = format!("Sunset: {} or later", httpdate::fmt_http_date(instant));
        return Err(answer
            .wrong(summary, expected, format!("Sunset: {text}"))
            .into());
    }
    Ok(())
}

fn links_of(answer: &Answer) -> Result<Vec<Link>, Mismatch> {
    let text = answer.field("link").unwrap_or_default();
    links(&text).map_err(|why| {
        let summary = format!("Your Link cannot be read: {why}.");
        let expected = "Link: <target>; rel=\"relation\" (RFC 8288 §3)";
        answer.wrong(summary, expected, format!("Link: {text}"))
    })
}

pub(crate) async fn links_lead_to_the_successor(bench: &mut Bench) -> Outcome {
    let (api, answers) = of_v1(bench, "links_lead_to_the_successor").await?;
    let mut known: Vec<String> = Vec::new();
    for answer in &answers {
        field(answer, "Link")?;
        let all = links_of(answer)?;
        for relation in ["successor-version", "deprecation"] {
            let has = |link: &&Link| link.relations.iter().any(|other| other == relation);
            let Some(link) = all.iter().find(has) else {
                let found = answer.field("link").unwrap_or_default();
                let summary = format!(
                    "No link of your answer to {} has the relation {relation}.",
                    answer.label()
                );
                let expected = format!("Link: <…>; rel=\"{relation}\"");
                return Err(answer
                    .wrong(summary, expected, format!("Link: {found}"))
                    .into());
            };
            leads_somewhere(&api, answer, link, &mut known).await?;
        }
    }
    Ok(())
}

/// The target is a route of the contract, or is there; each is asked for once.
async fn leads_somewhere(
    api: &Api,
    answer: &Answer,
    link: &Link,
    known: &mut Vec<String>,
) -> Outcome {
    let base = answer.label().split_once(' ').map_or("/", |(_, path)| path);
    let target = &link.target;
    let path = match resolve(target, base, &api.http.address().to_string()) {
        Place::Own(path) => path,
        Place::Elsewhere => return Ok(()),
        Place::Nowhere(why) => {
            let summary = format!("The target of your link, `{target}`, {why}.");
            let found = format!("<{target}>");
            return Err(answer.wrong(summary, "<a URI reference>", found).into());
        }
    };
    if is_route(&path) || known.contains(&path) {
        return Ok(());
    }
    let there = api.http.get(&path).send().await?;
    if there.status < 400 {
        known.push(path);
        return Ok(());
    }
    let (found, relations) = (there.status_text(), link.relations.join(" "));
    let wrong = Mismatch::new(
        format!("Your link `{relations}` leads to {path}, which you answer with {found}."),
        "a route of the contract, or a target that answers below 400",
        format!("{found} to GET {path}"),
    );
    Err(there.show_in(answer.show_in(wrong, None), None).into())
}

/// Whether the contract has it, whatever it needs to answer well.
fn is_route(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    matches!(
        steps[..],
        ["openapi.json" | "healthz"]
            | ["v1" | "v2", "orders"]
            | ["v1" | "v2", "orders", _]
            | ["v2", "orders", _, "cancel"]
    )
}

pub(crate) async fn only_v1_is_deprecated(bench: &mut Bench) -> Outcome {
    let api = Api::of(bench)?;
    let random = bench.random();
    let account = Accounts::of("only_v1_is_deprecated")?.draw(random);
    let draft = V2Draft::draw(random, &account);
    let (made, id) = api.create_v2(random, &draft).await?;
    let http = &api.http;
    let mut answers = vec![made];
    for request in [
        http.get("/healthz"),
        http.get("/openapi.json"),
        http.get(&format!("/v2/orders/{id}")),
        http.get(&format!("/v2/orders?account_id={account}")),
        http.get("/v2/orders"),
        http.get(&format!("/v2/{}", random.word(6))),
        http.request("PUT", "/v2/orders"),
        http.post(&format!("/v2/orders/{id}/cancel")),
        http.post("/v2/orders").json(&draft.body()),
    ] {
        answers.push(request.send().await?);
    }
    for answer in &answers {
        let label = answer.label();
        for name in ["Deprecation", "Sunset"] {
            if let Some(found) = answer.field(name) {
                let summary = format!("Your answer to {label} has {name}, and v1 alone retires.");
                let actual = format!("{name}: {found}");
                return Err(answer.wrong(summary, format!("no {name}"), actual).into());
            }
        }
        for link in links_of(answer)? {
            let retires = |relation: &&String| {
                ["successor-version", "deprecation"].contains(&relation.as_str())
            };
            if let Some(relation) = link.relations.iter().find(retires) {
                let summary =
                    format!("Your answer to {label} links its {relation}, and v1 alone retires.");
                let actual = format!("Link: <{}>; rel=\"{relation}\"", link.target);
                return Err(answer.wrong(summary, "no such link", actual).into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_one_form_that_is_asked_for() {
        assert_eq!(date_item("@1767225600"), Some(1_767_225_600));
        assert_eq!(date_item("@-1;a=1"), Some(-1));
        for bad in [
            "true",
            "?1",
            "1767225600",
            "@",
            "@1.5",
            "@ 1",
            "Thu, 01 Jan 2026 00:00:00 GMT",
        ] {
            assert_eq!(date_item(bad), None, "{bad}");
        }
        assert_eq!(
            imf_fixdate("Thu, 01 Jan 2026 00:00:00 GMT"),
            Some(1_767_225_600)
        );
        for bad in [
            "Fri, 01 Jan 2026 00:00:00 GMT",
            "Thursday, 01-Jan-26 00:00:00 GMT",
            "Thu Jan  1 00:00:00 2026",
            "2026-01-01T00:00:00Z",
        ] {
            assert_eq!(imf_fixdate(bad), None, "{bad}");
        }
    }
}
