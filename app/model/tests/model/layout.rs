//! The grid of viewports.

use crate::make::{self, object};
use lightbox_model::layout::{Grid, Layout};
use lightbox_model::study::{Inserted, Library};

#[test]
fn grids_have_their_shape() {
    let shapes = Grid::ALL.map(|g| (g.rows(), g.columns(), g.count()));
    assert_eq!(shapes, [(1, 1, 1), (1, 2, 2), (2, 2, 4), (3, 3, 9)]);
}

#[test]
fn a_smaller_grid_hides_and_a_larger_one_brings_back() {
    let mut library = Library::default();
    let Inserted::Image(key) = library.insert(object(1, make::image())) else { panic!() };
    let mut layout = Layout::default();
    layout.set_grid(Grid::ThreeByThree);
    layout.activate(8);
    layout.active_mut().show(key, 0, 0);
    layout.set_grid(Grid::OneByTwo);
    assert_eq!(layout.active_index(), 1);
    assert!(layout.viewport(8).is_none());
    layout.activate(8);
    assert_eq!(layout.active_index(), 1, "a hidden viewport cannot be active");
    layout.set_grid(Grid::ThreeByThree);
    assert_eq!(layout.viewport(8).unwrap().series, Some(key));
    layout.clear();
    assert_eq!((layout.grid(), layout.viewport(8).unwrap().series), (Grid::ThreeByThree, None));
}

#[test]
fn maximising_shows_the_active_viewport_alone() {
    let mut layout = Layout::default();
    layout.toggle_maximised();
    assert!(!layout.is_maximised(), "there is nothing to hide");
    layout.set_grid(Grid::TwoByTwo);
    layout.activate_next(-1);
    layout.toggle_maximised();
    assert_eq!(layout.visible().map(|(i, _)| i).collect::<Vec<_>>(), [3]);
    layout.toggle_maximised();
    assert_eq!(layout.visible().count(), 4);
}

#[test]
fn two_patients_on_the_screen_are_noticed() {
    let mut library = Library::default();
    let Inserted::Image(jane) = library.insert(object(1, make::image())) else { panic!() };
    let mut other = object(2, make::image());
    (other.patient_id, other.series_uid) = ("456".into(), "9.9".into());
    let Inserted::Image(john) = library.insert(other) else { panic!() };
    let mut layout = Layout::default();
    layout.set_grid(Grid::OneByTwo);
    assert_eq!(layout.patients(&library).len(), 0);
    layout.viewport_mut(0).unwrap().show(jane, 0, 0);
    layout.viewport_mut(1).unwrap().show(jane, 0, 0);
    assert_eq!(layout.patients(&library).len(), 1);
    layout.viewport_mut(1).unwrap().show(john, 0, 0);
    assert_eq!(layout.patients(&library).len(), 2);
    layout.toggle_maximised();
    assert_eq!(layout.patients(&library).len(), 1, "only what is seen counts");
}
