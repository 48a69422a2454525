//! Numbered storage that reuses places and recognises a stale number.

/// A place in a [`Slab`] and which of its tenants is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ref {
    index: u32,
    generation: u32,
}

impl Ref {
    /// The place alone; two live values never share it.
    #[inline]
    pub fn index(self) -> u32 {
        self.index
    }
}

/// Values in numbered places; adding and removing are O(1).
#[derive(Clone, Debug)]
pub struct Slab<T> {
    places: Vec<Place<T>>,
    /// The free place that is used next, if there is one.
    free: u32,
    /// How many values live here.
    count: usize,
}

/// No place.
const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Place<T> {
    /// Odd while a value lives here; it grows with every one that comes or goes.
    generation: u32,
    /// Of a free place the one that is free after it.
    next: u32,
    /// What was removed stays until the place is used again, and nobody can ask for it.
    value: T,
}

impl<T> Place<T> {
    fn lives(&self) -> bool {
        self.generation % 2 == 1
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { places: Vec::new(), free: NONE, count: 0 }
    }
}

impl<T> Slab<T> {
    /// Stores a value.
    #[inline(always)]
    pub fn add(&mut self, value: T) -> Ref {
        self.count += 1;
        let index = self.free;
        let Some(place) = self.places.get_mut(index as usize) else {
            return self.add_place(value);
        };
        self.free = place.next;
        place.generation = place.generation.wrapping_add(1);
        place.value = value;
        Ref { index, generation: place.generation }
    }

    #[cold]
    fn add_place(&mut self, value: T) -> Ref {
        let index = self.places.len() as u32;
        assert!(index < NONE, "fewer than 2^32 - 1 values live at a time");
        self.places.push(Place { generation: 1, next: NONE, value });
        Ref { index, generation: 1 }
    }

    /// The value, or `None` if it was removed.
    #[inline]
    pub fn get(&self, at: Ref) -> Option<&T> {
        let place = &self.places[at.index as usize];
        (place.generation == at.generation).then_some(&place.value)
    }

    /// The value, or `None` if it was removed.
    #[inline]
    pub fn get_mut(&mut self, at: Ref) -> Option<&mut T> {
        let place = &mut self.places[at.index as usize];
        (place.generation == at.generation).then_some(&mut place.value)
    }

    /// Removes a value; its place is used again and older references to it read as removed.
    pub fn remove(&mut self, at: Ref) -> Option<T>
    where
        T: Clone,
    {
        let value = self.get(at)?.clone();
        self.discard(at);
        Some(value)
    }

    /// The same for a value that nobody wants any more.
    ///
    /// # Panics
    /// If it was removed before.
    #[inline(always)]
    pub fn discard(&mut self, at: Ref) {
        let place = &mut self.places[at.index as usize];
        assert!(place.generation == at.generation, "a value is removed once");
        place.generation = place.generation.wrapping_add(1);
        place.next = self.free;
        self.free = at.index;
        self.count -= 1;
    }

    /// How many values live here.
    #[inline]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether nothing lives here.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All values, by place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().filter(|place| place.lives()).map(|place| &mut place.value)
    }

    /// All values with their references, by place.
    pub fn iter(&self) -> impl Iterator<Item = (Ref, &T)> {
        let numbered = self.places.iter().zip(0..);
        numbered
            .filter(|(place, _)| place.lives())
            .map(|(place, index)| (Ref { index, generation: place.generation }, &place.value))
    }
}

impl<T> std::ops::Index<Ref> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, at: Ref) -> &T {
        self.get(at).expect("a live value is referred to")
    }
}

impl<T> std::ops::IndexMut<Ref> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, at: Ref) -> &mut T {
        self.get_mut(at).expect("a live value is referred to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_reference_is_recognised() {
        let mut slab = Slab::default();
        let first = slab.add('a');
        assert_eq!(slab.remove(first), Some('a'));
        let second = slab.add('b');
        assert_eq!(second.index(), first.index());
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab[second], 'b');
        assert_eq!(slab.len(), 1);
    }
}
