//! Checks passed over time, as a line that steps.

use std::fmt::Write as _;

use super::{Point, html::Html};
use crate::report::words::{counted, date};

/// The size of the large drawing's field, and the room around it for its words.
const WIDTH: i64 = 820;
const HEIGHT: i64 = 180;
const LEFT: i64 = 40;
const TOP: i64 = 10;

const SMALL_WIDTH: i64 = 140;
const SMALL_HEIGHT: i64 = 24;

/// All units together, over the time that passed.
pub(super) fn large(points: &[Point], said: &str, html: &mut Html) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return;
    };
    let most = points
        .iter()
        .map(|point| point.passed)
        .max()
        .unwrap_or(0)
        .max(1);
    let span = (last.at - first.at).max(1);
    let at = |point: &Point| {
        let x = LEFT + (point.at - first.at).max(0).saturating_mul(WIDTH) / span;
        let y = TOP + HEIGHT - i64::from(point.passed) * HEIGHT / i64::from(most);
        (x, y)
    };
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    html.raw(&format!(
        "<div class=\"wide\"><svg class=\"curve\" role=\"img\" aria-labelledby=\"curve-title curve-words\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\">\n<title id=\"curve-title\">Checks passed over time</title>\n<desc id=\"curve-words\">",
        right + 20, bottom + 24, right + 20, bottom + 24
    ));
    html.text(said);
    html.raw("</desc>\n");
    html.raw(&format!(
        "<path class=\"axis\" d=\"M{LEFT} {TOP}V{bottom}H{right}\"/>\n<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{most}</text>\n<text x=\"{}\" y=\"{bottom}\" text-anchor=\"end\">0</text>\n",
        LEFT - 6, TOP + 8, LEFT - 6
    ));
    html.raw(&format!(
        "<text x=\"{LEFT}\" y=\"{}\">{}</text>\n",
        bottom + 18,
        date(first.at)
    ));
    html.raw(&format!(
        "<text x=\"{right}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
        bottom + 18,
        date(last.at)
    ));
    line(points.iter().map(at), html);
    html.raw("</svg></div>\n");
}

/// One unit, attempt by attempt: days without any take no room.
pub(super) fn small(points: &[Point], of: usize, unit: &str, html: &mut Html) {
    let Some(last) = points.last() else { return };
    let most = i64::try_from(of).unwrap_or(i64::MAX).max(1);
    let steps = i64::try_from(points.len().saturating_sub(1))
        .unwrap_or(i64::MAX)
        .max(1);
    let at = |(place, point): (i64, &Point)| {
        let passed = i64::from(point.passed).min(most);
        (
            2 + place * SMALL_WIDTH / steps,
            2 + SMALL_HEIGHT - passed * SMALL_HEIGHT / most,
        )
    };
    html.raw(&format!(
        "<svg class=\"curve\" role=\"img\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\"><title>",
        w = SMALL_WIDTH + 4,
        h = SMALL_HEIGHT + 4
    ));
    let first = points.first().map_or(0, |point| point.passed);
    let end = counted(last.passed.into(), "check");
    html.text(&format!(
        "{unit}: {first} passed at first, {end} of {of} at last"
    ));
    html.raw("</title>");
    line((0..).zip(points).map(at), html);
    html.raw("</svg>");
}

/// A line that goes on level until the next point, and a dot where it ends.
fn line(points: impl Iterator<Item = (i64, i64)>, html: &mut Html) {
    let mut path = String::new();
    let mut last = None;
    for (x, y) in points {
        let step = match last {
            None => write!(path, "M{x} {y}"),
            Some(_) => write!(path, "H{x}V{y}"),
        };
        step.expect("a text takes everything");
        last = Some((x, y));
    }
    let Some((x, y)) = last else { return };
    html.raw(&format!(
        "<path class=\"line\" d=\"{path}\"/><circle class=\"end\" cx=\"{x}\" cy=\"{y}\" r=\"2.5\"/>"
    ));
}
