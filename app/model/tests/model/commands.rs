//! The list of commands, keys and mouse.

use lightbox_model::command::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn chord(name: &str) -> Chord {
    name.parse().unwrap()
}

#[test]
fn every_command_is_complete_and_its_own() {
    let ids: HashSet<_> = Command::ALL.iter().map(|c| c.id()).collect();
    let names: HashSet<_> = Command::ALL.iter().map(|c| c.name()).collect();
    assert_eq!((ids.len(), names.len()), (Command::ALL.len(), Command::ALL.len()));
    for &command in Command::ALL {
        assert!(command.description().ends_with('.') && command.description().len() > 8, "{command:?}");
        assert!(command.id().chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{command:?}");
        assert_eq!(Command::from_id(command.id()), Some(command));
        assert!(Category::ALL.contains(&command.category()));
    }
    assert_eq!(Command::from_id("no-such-thing"), None);
}

#[test]
fn default_keys_do_one_thing_each_and_are_those_agreed() {
    let bindings = Bindings::default();
    assert_eq!(bindings.conflicts(), []);
    for (key, command) in [
        ("Down", Command::NextImage),
        ("Up", Command::PreviousImage),
        ("PageDown", Command::NextSeries),
        ("PageUp", Command::PreviousSeries),
        ("Home", Command::FirstImage),
        ("End", Command::LastImage),
        ("Space", Command::Reset),
        ("Escape", Command::Reset),
        ("I", Command::Invert),
        ("R", Command::RotateRight),
        ("L", Command::RotateLeft),
        ("H", Command::FlipHorizontal),
        ("V", Command::FlipVertical),
        ("Plus", Command::ZoomIn),
        ("Minus", Command::ZoomOut),
        ("Equals", Command::Fit),
        ("1", Command::Preset1),
        ("9", Command::Preset9),
        ("C", Command::ToggleCine),
        ("Question", Command::Shortcuts),
        ("Ctrl+K", Command::Palette),
        ("Ctrl+Z", Command::Undo),
        ("Ctrl+Y", Command::Redo),
        ("B", Command::ToggleBrowser),
        ("Shift+I", Command::ToggleInspector),
    ] {
        assert_eq!(bindings.command(chord(key)), Some(command), "{key}");
    }
    assert_eq!(bindings.label(Command::Palette), "Ctrl+K");
    assert_eq!(bindings.label(Command::NextImage), "↓");
}

#[test]
fn presets_and_tools_are_known_by_number() {
    let presets: Vec<_> = Command::ALL.iter().filter_map(|c| c.preset()).collect();
    assert_eq!(presets, (0..9).collect::<Vec<_>>());
    let tools: Vec<_> = Command::ALL.iter().filter_map(|c| c.tool()).collect();
    assert_eq!(tools, DragAction::ALL);
}

#[test]
fn a_taken_key_is_a_conflict_until_it_is_taken_over() {
    let mut bindings = Bindings::default();
    let conflict = bindings.bind(Command::Fit, chord("I")).unwrap_err();
    assert_eq!(conflict.command, Command::Invert);
    assert_eq!(conflict.to_string(), "I is already the key for \"Invert\"");
    bindings.take(Command::Fit, chord("I"));
    assert_eq!(bindings.command(chord("I")), Some(Command::Fit));
    assert!(bindings.keys(Command::Invert).is_empty());
    bindings.bind(Command::Invert, chord("Ctrl+Alt+J")).unwrap();
    assert_eq!(bindings.keys(Command::Invert), [chord("Ctrl+Alt+J")]);
    bindings.reset(Command::Invert);
    assert_eq!(bindings.command(chord("I")), Some(Command::Invert));
    assert!(!bindings.keys(Command::Fit).contains(&chord("I")));
    bindings.unbind(Command::Invert, chord("I"));
    assert_eq!(bindings.command(chord("I")), None);
}

#[test]
fn settings_hold_only_changes_and_survive_other_versions() {
    let mut bindings = Bindings::default();
    assert_eq!(serde_json::to_string(&bindings).unwrap(), "{}");
    bindings.take(Command::Reset, chord("Ctrl+R"));
    let saved = serde_json::to_string(&bindings).unwrap();
    assert_eq!(saved, r#"{"reset":["Space","Escape","Ctrl+R"]}"#);
    assert_eq!(serde_json::from_str::<Bindings>(&saved).unwrap(), bindings);
    let edited = r#"{"invert":["Ctrl+K","Hyper+Q"],"teleport":["T"]}"#;
    let edited: Bindings = serde_json::from_str(edited).unwrap();
    assert_eq!(edited.keys(Command::Invert), [chord("Ctrl+K")]);
    assert_eq!(edited.conflicts(), [(chord("Ctrl+K"), vec![Command::Invert, Command::Palette])]);
}

#[test]
fn chords_have_names() {
    assert_eq!(Chord::new(Modifiers::CTRL_SHIFT, Key::O).to_string(), "Ctrl+Shift+O");
    assert_eq!(chord("Shift+Plus"), chord("Plus"), "the key for a sign differs between keyboards");
    assert_eq!(chord("Ctrl+Plus").label(), "Ctrl++");
    for bad in ["", "Ctrl+", "Ctrl", "ctrl+K", "K ", "Ctrl+Ctrl"] {
        assert!(bad.parse::<Chord>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn chord_names_come_back(ctrl in any::<bool>(), alt in any::<bool>(), shift in any::<bool>(), key in 0..Key::ALL.len()) {
        let chord = Chord::new(Modifiers { ctrl, alt, shift }, Key::ALL[key]);
        prop_assert_eq!(chord.to_string().parse::<Chord>(), Ok(chord));
        let json = serde_json::to_string(&chord).unwrap();
        prop_assert_eq!(serde_json::from_str::<Chord>(&json).unwrap(), chord);
    }

    #[test]
    fn any_text_is_searched(text in ".{0,12}") {
        prop_assert!(Command::find(&text).len() <= Command::ALL.len());
    }
}

#[test]
fn the_palette_finds_by_name_first() {
    assert_eq!(Command::find("").len(), Command::ALL.len());
    assert_eq!(Command::find("inv")[0], Command::Invert);
    assert_eq!(Command::find("pixels")[..2], [Command::OneToOne, Command::ToggleInterpolation]);
    assert!(Command::find("mirrors").contains(&Command::FlipVertical), "also by what it does");
    assert!(Command::find("qqqq").is_empty());
}

#[test]
fn the_mouse_does_what_radiologists_expect() {
    let mouse = MouseBindings::default();
    let drag = |button| mouse.drag_action(button, Modifiers::NONE);
    assert_eq!(drag(Button::Left), Some(DragAction::WindowLevel));
    assert_eq!(drag(Button::Middle), Some(DragAction::Pan));
    assert_eq!(drag(Button::Right), Some(DragAction::Zoom));
    assert_eq!(mouse.wheel_action(Modifiers::NONE), WheelAction::Scroll);
    assert_eq!(mouse.wheel_action(Modifiers::CTRL), WheelAction::Zoom);
    assert_eq!(mouse.drag_action(Button::Middle, Modifiers::ALT), Some(DragAction::Pan), "meaningless modifiers do no harm");
    let slides = MouseBindings::slides();
    assert_eq!((slides.tool(), slides.wheel), (Some(DragAction::Pan), WheelAction::Zoom));
}

#[test]
fn mouse_settings_are_saved() {
    let mut mouse = MouseBindings::default();
    mouse.set_tool(DragAction::Measure);
    mouse.up_is_brighter = false;
    let saved = serde_json::to_string(&mouse).unwrap();
    assert!(saved.contains(r#""Ctrl+Left":"Pan""#), "{saved}");
    assert_eq!(serde_json::from_str::<MouseBindings>(&saved).unwrap(), mouse);
    assert_eq!(serde_json::from_str::<MouseBindings>("{}").unwrap(), MouseBindings::default());
}
