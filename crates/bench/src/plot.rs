//! Charts as SVG: lines over one axis, both axes plain or logarithmic.

use std::ops::Range;

use anyhow::anyhow;
use plotters::prelude::*;

/// How an axis is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
}

/// What an axis shows.
pub(crate) struct Axis {
    pub(crate) name: &'static str,
    pub(crate) scale: Scale,
    /// The text at a mark.
    pub(crate) label: fn(f64) -> String,
}

/// A line, in the order of its points.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (760, 420);
/// Told apart also by those who see no red or no green (Okabe and Ito).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 80, 76),
];

/// The chart as an SVG document, whose texts are texts.
pub(crate) fn svg(title: &str, x: &Axis, y: &Axis, series: &[Series]) -> anyhow::Result<String> {
    let mut text = String::new();
    draw(&mut text, title, x, y, series).map_err(|error| anyhow!("cannot draw {title}: {error}"))?;
    Ok(text)
}

fn draw(
    text: &mut String,
    title: &str,
    x: &Axis,
    y: &Axis,
    series: &[Series],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let points = || series.iter().flat_map(|line| line.points.iter().copied());
    let (across, up) = (x.scale.range(points().map(|(x, _)| x)), y.scale.range(points().map(|(_, y)| y)));
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(14)
        .margin_right(36) // for half of the last mark's text
        .x_label_area_size(42)
        .y_label_area_size(72)
        .build_cartesian_2d(across.clone(), up.clone())?;
    chart
        .configure_mesh()
        .x_desc(x.name)
        .y_desc(y.name)
        .x_label_formatter(&|at| (x.label)(x.scale.value(*at)))
        .y_label_formatter(&|at| (y.label)(y.scale.value(*at)))
        .x_labels(x.scale.marks(&across))
        .y_labels(y.scale.marks(&up))
        .light_line_style(WHITE)
        .label_style(("sans-serif", 13))
        .draw()?;
    for (line, colour) in series.iter().zip(COLOURS.iter().cycle()) {
        let place = |(at, value): &(f64, f64)| (x.scale.place(*at), y.scale.place(*value));
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().map(place), style).point_size(3))?
            .label(line.name.as_str())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .label_font(("sans-serif", 13))
        .draw()?;
    area.present()?;
    Ok(())
}

impl Scale {
    fn place(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => value.log10(),
        }
    }

    fn value(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Logarithmic => 10_f64.powf(place),
        }
    }

    /// How many marks an axis gets: one a decade where there are many, two where there are few.
    fn marks(self, range: &Range<f64>) -> usize {
        match self {
            Self::Linear => 8,
            Self::Logarithmic if range.end - range.start >= 3.0 => {
                (0..100).take_while(|n| f64::from(*n) <= range.end - range.start).count()
            }
            Self::Logarithmic => 5,
        }
    }

    /// From nothing, or from a whole power of ten, to a little above the greatest.
    fn range(self, values: impl Iterator<Item = f64> + Clone) -> Range<f64> {
        let greatest = values.clone().fold(f64::MIN_POSITIVE, f64::max);
        let least = values.fold(greatest, f64::min);
        match self {
            Self::Linear => 0.0..greatest * 1.05,
            Self::Logarithmic => {
                least.log10().floor()..greatest.log10().ceil().max(least.log10().floor() + 1.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_an_svg_document_with_its_texts() {
        let axis = |name, scale| Axis { name, scale, label: |value| format!("{value:.0}") };
        let series = Series { name: "p99".to_owned(), points: vec![(1_000.0, 2.0), (1_000_000.0, 30.0)] };
        let text =
            svg("Cost", &axis("users", Scale::Logarithmic), &axis("ms", Scale::Linear), &[series]).unwrap();
        assert!(text.starts_with("<svg"), "{text}");
        for words in ["Cost", "users", "ms", "p99", "1000000"] {
            assert!(text.contains(words), "{words} is missing");
        }
    }

    #[test]
    fn logarithmic_ranges_are_whole_decades() {
        assert_eq!(Scale::Logarithmic.range([0.002, 0.5].into_iter()), -3.0..0.0);
        assert_eq!(Scale::Logarithmic.range([10.0].into_iter()), 1.0..2.0);
        assert_eq!([(3.0..6.0), (3.0..4.0)].map(|range| Scale::Logarithmic.marks(&range)), [4, 5]);
        assert_eq!(Scale::Linear.range([3.0, 100.0].into_iter()), 0.0..105.0);
    }
}
