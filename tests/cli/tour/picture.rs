//! The tour as one picture that moves: text, no script, nothing fetched. Each line that is ever
//! shown is kept once, and the screens are made of them.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use vt100::{Cell, Color};

use super::{COLUMNS, ROWS, Stop};

/// A cell, in hundredths of a pixel so that all places are exact.
const WIDE: u32 = 840;
const HIGH: u32 = 1_800;
/// What is left free around the cells, and the bar of the window over them.
const EDGE: u32 = 1_400;
const BAR: u32 = 3_000;

/// Shown where nothing moves: whoever wants no motion, and readers that know no animation.
const STILL: &str = "a failure in full";

/// How letters look, as classes of the style sheet below.
#[derive(Clone, PartialEq, Eq, Default)]
struct Look {
    ink: Option<u8>,
    ground: Option<u8>,
    bold: bool,
    dim: bool,
    inverse: bool,
}

/// The whole picture.
pub(super) fn svg(stops: &[Stop]) -> String {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut screens = String::new();
    let mut times = String::new();
    let whole: Duration = stops.iter().map(|stop| stop.held).sum();
    let mut from = Duration::ZERO;
    for (number, stop) in stops.iter().enumerate() {
        let still = if stop.name == STILL { " still" } else { "" };
        write!(screens, "<g class=\"s s{number}{still}\">").unwrap();
        for row in 0..ROWS {
            let line = line(&stop.screen, row);
            if line.is_empty() {
                continue;
            }
            let next = lines.len();
            let line = lines.entry(line).or_insert(next);
            let y = pixels(u32::from(row) * HIGH);
            write!(screens, "<use href=\"#l{line}\" y=\"{y}\"/>").unwrap();
        }
        screens.push_str("</g>\n");
        let to = from + stop.held;
        let share = |at: Duration| 100.0 * at.as_secs_f64() / whole.as_secs_f64();
        write!(
            times,
            "@keyframes k{number}{{0%{{visibility:hidden}}{:.3}%{{visibility:visible}}{:.3}%{{visibility:hidden}}}}\n\
             .s{number}{{animation-name:k{number}}}\n",
            share(from),
            share(to)
        )
        .unwrap();
        from = to;
    }
    let mut by_number: Vec<(&String, &usize)> = lines.iter().collect();
    by_number.sort_by_key(|(_, number)| **number);
    let mut kept = String::new();
    for (line, number) in by_number {
        writeln!(kept, "<g id=\"l{number}\">{line}</g>").unwrap();
    }
    let width = pixels(u32::from(COLUMNS) * WIDE + 2 * EDGE);
    let height = pixels(u32::from(ROWS) * HIGH + 2 * EDGE + BAR);
    let (x, y) = (pixels(EDGE), pixels(EDGE + BAR));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"t\">\n\
         <title id=\"t\">mastery in a terminal: a workspace is made, a lab started, graded in the tutor, mended, and passed</title>\n\
         <style>\n{STYLE}.s{{animation-duration:{:.1}s}}\n{times}{QUIET}</style>\n\
         <defs>\n{kept}</defs>\n\
         <rect class=\"window\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
         <g class=\"buttons\"><circle cx=\"20\" cy=\"20\" r=\"5\"/><circle cx=\"38\" cy=\"20\" r=\"5\"/><circle cx=\"56\" cy=\"20\" r=\"5\"/></g>\n\
         <g class=\"screen\" transform=\"translate({x} {y})\">\n{screens}</g>\n</svg>\n",
        whole.as_secs_f64(),
        pixels(u32::from(COLUMNS) * WIDE + 2 * EDGE - 100),
        pixels(u32::from(ROWS) * HIGH + 2 * EDGE + BAR - 100),
    )
}

fn pixels(hundredths: u32) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A line of a screen: pieces that look the same, each as wide as its cells whatever the font.
fn line(screen: &vt100::Screen, row: u16) -> String {
    let mut line = String::new();
    let mut piece: Option<(Look, u32, u32, String)> = None;
    for column in 0..COLUMNS {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.is_wide_continuation() {
            if let Some((_, _, wide, _)) = &mut piece {
                *wide += 1;
            }
            continue;
        }
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let look = look(cell);
        match &mut piece {
            Some((same, _, wide, letters)) if *same == look => {
                *wide += 1;
                letters.push_str(text);
            }
            other => {
                if let Some(done) = other.take() {
                    write_piece(&mut line, &done);
                }
                *other = Some((look, u32::from(column), 1, text.to_owned()));
            }
        }
    }
    if let Some(done) = piece {
        write_piece(&mut line, &done);
    }
    line
}

fn look(cell: &Cell) -> Look {
    // The terminal's own sixteen colours are all that mastery uses.
    let index = |color| match color {
        Color::Idx(index) if index < 16 => Some(index),
        Color::Default | Color::Idx(_) | Color::Rgb(..) => None,
    };
    Look {
        ink: index(cell.fgcolor()),
        ground: index(cell.bgcolor()),
        bold: cell.bold(),
        dim: cell.dim(),
        inverse: cell.inverse(),
    }
}

fn write_piece(line: &mut String, (look, column, wide, letters): &(Look, u32, u32, String)) {
    let (x, width) = (pixels(column * WIDE), pixels(wide * WIDE));
    let ground = match (look.inverse, look.ground) {
        (true, _) => Some("i".to_owned()),
        (false, Some(index)) => Some(format!("b{index}")),
        (false, None) => None,
    };
    if let Some(class) = ground {
        let height = pixels(HIGH);
        write!(
            line,
            "<rect class=\"{class}\" x=\"{x}\" width=\"{width}\" height=\"{height}\"/>"
        )
        .unwrap();
    }
    let words = letters.trim_end();
    let before = words.chars().take_while(|letter| *letter == ' ').count();
    let words = words.trim_start();
    if words.is_empty() {
        return;
    }
    let before = u32::try_from(before).unwrap();
    let after = u32::try_from(letters.len() - letters.trim_end().len()).unwrap();
    let x = pixels((column + before) * WIDE);
    let width = pixels((wide - before - after) * WIDE);
    let mut classes = Vec::new();
    if look.inverse {
        classes.push("o".to_owned());
    } else if let Some(ink) = look.ink {
        classes.push(format!("f{ink}"));
    }
    classes.extend(look.bold.then(|| "b".to_owned()));
    classes.extend(look.dim.then(|| "d".to_owned()));
    let class = if classes.is_empty() {
        String::new()
    } else {
        format!(" class=\"{}\"", classes.join(" "))
    };
    let words = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    write!(
        line,
        "<text x=\"{x}\" y=\"13.5\" textLength=\"{width}\"{class}>{words}</text>"
    )
    .unwrap();
}

/// A window of its own ground, so that it is read on a light page and on a dark one.
const STYLE: &str = "\
.window{fill:#16181d;stroke:#3c424d}
.buttons{fill:#4a515e}
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:#d7dae0;white-space:pre}
.b{font-weight:700}.d{opacity:.62}.i{fill:#d7dae0}.o{fill:#16181d}
.f0,.f8{fill:#8b94a3}.f1,.f9{fill:#ff7b72}.f2,.f10{fill:#6fd07f}.f3,.f11{fill:#e3b341}
.f4,.f12{fill:#79b8ff}.f5,.f13{fill:#d2a8ff}.f6,.f14{fill:#5fd0d6}.f7,.f15{fill:#d7dae0}
.b0,.b8{fill:#3c424d}.b1,.b9{fill:#7d2b27}.b2,.b10{fill:#23542c}.b3,.b11{fill:#5c4813}
.b4,.b12{fill:#1f4572}.b5,.b13{fill:#513a70}.b6,.b14{fill:#1c5357}.b7,.b15{fill:#aab1bd}
@media(prefers-color-scheme:light){
.window{fill:#fbfbfc;stroke:#c8cdd5}.buttons{fill:#c8cdd5}
text{fill:#22262e}.i{fill:#22262e}.o{fill:#fbfbfc}
.f0,.f8{fill:#656d7a}.f1,.f9{fill:#b3261e}.f2,.f10{fill:#1a7431}.f3,.f11{fill:#835c00}
.f4,.f12{fill:#0a57b8}.f5,.f13{fill:#7136b3}.f6,.f14{fill:#0b6b72}.f7,.f15{fill:#22262e}
}
.s{visibility:hidden;animation-timing-function:step-end;animation-iteration-count:infinite}
.still{visibility:visible}
";

/// Who asked for no motion sees one picture.
const QUIET: &str = "@media(prefers-reduced-motion:reduce){.s{animation:none}}\n";
